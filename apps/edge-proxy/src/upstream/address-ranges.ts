// Which addresses are no provider's unless its config says so: those that lead into our own network, and those
// that stand for another address. What is not plainly a public address is closed. Pure.
import { BlockList, isIP } from 'node:net';

/** Name and subnets, the narrower before the wider: the first that holds an address gives its name. */
const IPV4_RANGES: readonly (readonly [name: string, ...subnets: string[]])[] = [
  // Azure's is a public address that only machines inside Azure reach; Alibaba's and Oracle's lie in other ranges.
  [
    'cloud metadata',
    '169.254.169.254/32',
    '169.254.170.2/32',
    '168.63.129.16/32',
    '100.100.100.200/32',
    '192.0.0.192/32',
  ],
  ['unspecified', '0.0.0.0/8'],
  ['loopback', '127.0.0.0/8'],
  ['private network', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  ['link-local', '169.254.0.0/16'],
  ['carrier-grade NAT', '100.64.0.0/10'],
  ['broadcast', '255.255.255.255/32'],
  ['multicast', '224.0.0.0/4'],
  ['documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  ['benchmarking', '198.18.0.0/15'],
  ['6to4 relay', '192.88.99.0/24'],
  ['reserved', '192.0.0.0/24', '240.0.0.0/4'],
];
const IPV6_RANGES: typeof IPV4_RANGES = [
  ['cloud metadata', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
  ['unspecified', '::/128'],
  ['loopback', '::1/128'],
  ['IPv4-mapped', '::ffff:0:0/96', '::ffff:0:0:0/96'],
  ['IPv4-compatible', '::/96'],
  ['NAT64', '64:ff9b::/96', '64:ff9b:1::/48'],
  ['unique local', 'fc00::/7'],
  ['link-local', 'fe80::/10'],
  ['site-local', 'fec0::/10'],
  ['multicast', 'ff00::/8'],
  ['Teredo', '2001::/32'],
  ['6to4', '2002::/16'],
  ['documentation', '2001:db8::/32', '3fff::/20'],
  ['reserved', '2001::/23'],
];
/** All that is given to networks of the public internet; the rest is reserved. */
const PUBLIC_IPV6 = toBlockList(['2000::/3'], 'ipv6');

interface Range {
  readonly name: string;
  readonly addresses: BlockList;
}

const RANGES: Readonly<Record<'ipv4' | 'ipv6', readonly Range[]>> = {
  ipv4: IPV4_RANGES.map(([name, ...subnets]) => ({ name, addresses: toBlockList(subnets, 'ipv4') })),
  ipv6: IPV6_RANGES.map(([name, ...subnets]) => ({ name, addresses: toBlockList(subnets, 'ipv6') })),
};

/**
 * The closed range that an address lies in.
 * @param address as the resolver or a URL gives it, without brackets
 * @returns the range's name, e.g. `loopback`; null for a public address
 */
export function closedRangeOf(address: string): string | null {
  // A zone (`fe80::1%eth0`) names a link of this machine and is no part of the address.
  const bare = address.replace(/%.*$/s, '');
  const version = isIP(bare);
  if (version === 0) return 'not an address';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const range = RANGES[family].find(({ addresses }) => addresses.check(bare, family));
  if (range !== undefined) return range.name;
  return family === 'ipv6' && !PUBLIC_IPV6.check(bare, 'ipv6') ? 'reserved' : null;
}

function toBlockList(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net = '', bits = ''] = subnet.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}
