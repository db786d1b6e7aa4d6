// Addresses that no provider may have, and the ways to write them into a URL.

/** One or more of each closed range. */
export const CLOSED_IPV4 = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '10.255.1.2',
  '172.16.0.1',
  '172.31.9.9',
  '192.168.1.1',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.0.9',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '0.0.0.0',
  '0.1.2.3',
  '192.0.0.192',
  '192.0.2.7',
  '198.18.0.1',
  '198.51.100.3',
  '203.0.113.4',
  '192.88.99.1',
  '224.0.0.251',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
] as const;

export const CLOSED_IPV6 = [
  '::1',
  '::',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:0:10.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::10.0.0.1',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fc00::1',
  'fdff::1',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
  '2001:0:7f00:1::1',
  '2002:7f00:1::1',
  '2002:a9fe:a9fe::1',
  '2001:db8::1',
  '3fff::1',
  '2001:10::1',
  '100::1',
  '5f00::1',
] as const;

const octets = (address: string): number[] => address.split('.').map(Number);
const asNumber = (address: string): number => octets(address).reduce((sum, octet) => sum * 256 + octet, 0);
const hex = (number: number, digits = 0): string => number.toString(16).padStart(digits, '0');
const fullWidth = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));

/** The host of a URL, written in ways that URL parsers read as the same IPv4 address. */
export const IPV4_FORMS: Readonly<Record<string, (address: string) => string>> = {
  dotted: (address) => address,
  'with a dot at the end': (address) => `${address}.`,
  decimal: (address) => String(asNumber(address)),
  'hex in one': (address) => `0x${hex(asNumber(address))}`,
  'capital hex': (address) => `0X${hex(asNumber(address), 8).toUpperCase()}`,
  'octal in one': (address) => `0${asNumber(address).toString(8)}`,
  'hex octets': (address) =>
    octets(address)
      .map((octet) => `0x${hex(octet)}`)
      .join('.'),
  'octal octets': (address) =>
    octets(address)
      .map((octet) => `0${octet.toString(8)}`)
      .join('.'),
  'padded octal octets': (address) =>
    octets(address)
      .map((octet) => octet.toString(8).padStart(7, '0'))
      .join('.'),
  'two parts': (address) => `${octets(address)[0]}.${asNumber(address) % 2 ** 24}`,
  'three parts, mixed bases': (address) => {
    const [first = 0, second = 0] = octets(address);
    return `0x${hex(first)}.0${second.toString(8)}.${asNumber(address) % 2 ** 16}`;
  },
  'full-width digits': (address) => fullWidth(address),
  'circled digits': (address) => address.replace(/[0-9]/g, (digit) => '⓪①②③④⑤⑥⑦⑧⑨'[Number(digit)] ?? ''),
  'with soft hyphens': (address) => Array.from(address).join('\u00ad'),
  'ideographic full stops': (address) => address.replaceAll('.', '。'),
  'percent-encoded': (address) =>
    Array.from(address)
      .map((char) => `%${hex(char.charCodeAt(0), 2)}`)
      .join(''),
};

/** The same for an IPv6 address, in brackets. */
export const IPV6_FORMS: Readonly<Record<string, (address: string) => string>> = {
  short: (address) => `[${address}]`,
  capital: (address) => `[${address.toUpperCase()}]`,
  'all digits': (address) => `[${expanded(address)}]`,
};

function expanded(address: string): string {
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [front = '', back = ''] = short.split('::');
  const words = (text: string): string[] =>
    text === '' ? [] : text.split(':').map((word) => word.padStart(4, '0'));
  const [left, right] = [words(front), words(back)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0000');
  return [...left, ...zeros, ...right].join(':');
}

/** Base URLs around a host that try to make two readers see two hosts. */
export const DISGUISES: Readonly<Record<string, (host: string) => string>> = {
  plain: (host) => `https://${host}/v1`,
  'with a user': (host) => `https://api.openai.com@${host}/v1`,
  'with a user and password': (host) => `https://api.openai.com:443@${host}/v1`,
  'with a backslash': (host) => `https:\\\\${host}\\v1`,
  'with a backslash before an at': (host) => `https://${host}\\@api.openai.com/v1`,
  'with a fragment': (host) => `https://${host}#@api.openai.com/v1`,
  'with a query': (host) => `https://${host}?@api.openai.com/v1`,
  'without slashes': (host) => `https:${host}/v1`,
  'with many slashes': (host) => `https:////${host}/v1`,
  'with line ends and tabs': (host) => `ht\ntps://\t${host}\r/v1`,
  'with blanks around': (host) => `  https://${host}/v1  `,
  'in capitals': (host) => `HTTPS://${host}/V1`,
};
