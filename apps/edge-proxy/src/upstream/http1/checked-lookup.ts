// Names become addresses here, by one answer for each connection: what was checked is what is dialled.
import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { closedRangeOf } from '../address-ranges.js';

/** Finds all addresses of a name; the system's own is the default. */
export type Resolve = (
  hostname: string,
  options: {
    readonly all: true;
    readonly family?: number | string | undefined;
    readonly hints?: number | undefined;
  },
  /** Without an error there are addresses, and only then. */
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** A name has addresses, but none that may be dialled. */
export class AddressBlocked extends Error {
  override readonly name = 'AddressBlocked';
  /** The closed range of one of them, e.g. `loopback`. */
  readonly range: string;

  constructor(range: string) {
    super(`the address lies in a closed range: ${range}`);
    this.range = range;
  }
}

/** The system's resolver. */
export const resolveBySystem: Resolve = (hostname, options, callback) => {
  lookup(hostname, { all: true, family: familyOf(options.family), hints: options.hints ?? 0 }, callback);
};

/**
 * A lookup for `net.connect` that hands on only addresses which may be dialled; several are tried one after the other.
 * @param allowPrivate hands on all
 */
export function makeCheckedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (hostname, { all, family, hints }, callback) => {
    resolve(hostname, { all: true, family, hints }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const allowed = allowPrivate
        ? addresses
        : addresses.filter(({ address }) => closedRangeOf(address) === null);
      const [first] = allowed;
      if (first === undefined) callback(whyNone(addresses), '');
      else if (all === true) callback(null, [...allowed]);
      else callback(null, first.address, first.family);
    });
  };
}

function whyNone([first]: readonly LookupAddress[]): Error {
  if (first !== undefined) return new AddressBlocked(closedRangeOf(first.address) ?? '');
  return Object.assign(new Error('the name has no address'), { code: 'ENODATA' });
}

const familyOf = (family: number | string | undefined): 0 | 4 | 6 => {
  if (family === 4 || family === 'IPv4') return 4;
  return family === 6 || family === 'IPv6' ? 6 : 0;
};
