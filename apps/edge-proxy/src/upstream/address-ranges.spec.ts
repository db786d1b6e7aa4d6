import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedRangeOf } from './address-ranges.js';

/** The first and the last address of each closed range, and its neighbours outside; written down by hand. */
const EDGES: readonly [range: string, inside: readonly string[], outside: readonly string[]][] = [
  ['unspecified', ['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
  ['private network', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
  ['private network', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
  ['private network', ['192.168.0.0', '192.168.255.255'], ['192.167.255.255', '192.169.0.0']],
  ['carrier-grade NAT', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0']],
  ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255'], ['126.255.255.255', '128.0.0.0']],
  ['link-local', ['169.254.0.0', '169.254.255.255'], ['169.253.255.255', '169.255.0.0']],
  [
    'cloud metadata',
    ['169.254.169.254', '169.254.170.2', '168.63.129.16', '100.100.100.200', '192.0.0.192'],
    ['168.63.129.15', '168.63.129.17'],
  ],
  ['reserved', ['192.0.0.0', '192.0.0.255'], ['191.255.255.255', '192.0.1.0']],
  ['documentation', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  ['6to4 relay', ['192.88.99.0', '192.88.99.255'], ['192.88.98.255', '192.88.100.0']],
  ['benchmarking', ['198.18.0.0', '198.19.255.255'], ['198.17.255.255', '198.20.0.0']],
  ['documentation', ['198.51.100.0', '198.51.100.255'], ['198.51.99.255', '198.51.101.0']],
  ['documentation', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
  ['multicast', ['224.0.0.0', '239.255.255.255'], ['223.255.255.255']],
  ['reserved', ['240.0.0.0', '255.255.255.254'], []],
  ['broadcast', ['255.255.255.255'], []],
  ['unspecified', ['::', '0:0:0:0:0:0:0:0'], []],
  ['loopback', ['::1', '0:0:0:0:0:0:0:1'], []],
  ['IPv4-compatible', ['::2', '::7f00:1', '::127.0.0.1', '::8.8.8.8', '::ffff:ffff'], []],
  ['IPv4-mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1'], []],
  ['NAT64', ['64:ff9b::', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::', '64:ff9b:1:ffff::1'], []],
  ['cloud metadata', ['fd00:ec2::254', 'FD00:EC2:0::254', 'fd20:ce::254'], []],
  ['unique local', ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], []],
  ['link-local', ['fe80::', 'febf:ffff::1', 'fe80::1%eth0', 'fe80::1%25lo'], []],
  ['site-local', ['fec0::', 'feff:ffff::1'], []],
  ['multicast', ['ff00::', 'ff02::1', 'ffff::1'], []],
  ['Teredo', ['2001::', '2001:0:ffff:ffff::1'], []],
  ['reserved', ['2001:1::', '2001:1ff:ffff::1'], ['2001:200::', '2000:ffff::1']],
  ['documentation', ['2001:db8::', '2001:db8:ffff::1'], ['2001:db7:ffff::1', '2001:db9::']],
  ['6to4', ['2002::', '2002:7f00:1::', '2002:ffff::1'], ['2003::1', '2001:ffff::1']],
  ['documentation', ['3fff::', '3fff:fff:ffff::1'], ['3fff:1000::', '3ffe::1']],
  ['reserved', ['100::1', '1fff:ffff::1', '4000::', '5f00::1', '400::1'], ['2000::', '3fff:ffff::1']],
  [
    'not an address',
    ['', 'localhost', '127.1', '0x7f000001', '2130706433', '127.0.0.1.', '[::1]', '1.2.3.4\n'],
    [],
  ],
];

describe('closedRangeOf', () => {
  it.each(EDGES)(
    '%s: closed from its first to its last address, and no further',
    (range, inside, outside) => {
      expect(inside.map((address) => [address, closedRangeOf(address)])).toEqual(
        inside.map((address) => [address, range]),
      );
      expect(outside.map(closedRangeOf)).toEqual(outside.map(() => null));
    },
  );

  it.each(['8.8.8.8', '1.1.1.1', '104.18.7.192', '2606:4700::6812:7c0', '2a00:1450:4001:80e::200a'])(
    '%s is a public address',
    (address) => expect(closedRangeOf(address)).toBeNull(),
  );

  it('every IPv4 address that another address stands for is closed in that form, whatever it is', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const hex = (high: number, low: number): string => ((high << 8) | low).toString(16);
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        const embedded = `${hex(a, b)}:${hex(c, d)}`;
        for (const form of ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::', '2001::', 'fe80::']) {
          expect(closedRangeOf(form + embedded)).not.toBeNull();
        }
        expect(closedRangeOf(`2002:${embedded}::1`)).toBe('6to4');
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with plain arithmetic on any IPv4 address', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (number) => {
        const parts = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
        expect(closedRangeOf(parts.join('.')) !== null).toBe(isClosed(parts));
      }),
      { numRuns: 20_000 },
    );
  });
});

/** The same rules, told otherwise. */
function isClosed([a = 0, b = 0, c = 0, d = 0]: readonly number[]): boolean {
  const metadata = ['168.63.129.16'];
  if (metadata.includes([a, b, c, d].join('.'))) return true;
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
  if (a === 100) return b >= 64 && b < 128;
  if (a === 169) return b === 254;
  if (a === 172) return b >= 16 && b < 32;
  if (a === 198) return b === 18 || b === 19 || (b === 51 && c === 100);
  if (a === 203) return b === 0 && c === 113;
  if (a !== 192) return false;
  return b === 168 || (b === 0 && (c === 0 || c === 2)) || (b === 88 && c === 99);
}
