// How many connections one address may hold: one client, or one attacker, cannot take all of them.
import { BlockList, isIPv6, type Socket } from 'node:net';

const MAPPED = '::ffff:';

export interface ConnectionCapOptions {
  readonly maxPerAddress: number;
  /** `server.trustedProxies`: behind one of these are many. Addresses and ranges. */
  readonly trusted: () => readonly string[];
  readonly onRefused: (address: string) => void;
}

/** Counts connections by address and closes those beyond the cap. */
export class ConnectionCap {
  readonly #options: ConnectionCapOptions;
  readonly #counts = new Map<string, number>();
  #trusted: { readonly from: readonly string[]; readonly list: BlockList } | null = null;

  constructor(options: ConnectionCapOptions) {
    this.#options = options;
  }

  /** @returns false when the connection was one too many and has been closed */
  take(socket: Socket): boolean {
    const address = socket.remoteAddress;
    // Gone before it was looked at.
    if (address === undefined) return true;
    const group = groupOf(address);
    const count = this.#counts.get(group) ?? 0;
    if (count >= this.#options.maxPerAddress && !this.#isTrusted(address)) {
      this.#options.onRefused(address);
      socket.destroy();
      return false;
    }
    this.#counts.set(group, count + 1);
    socket.once('close', () => this.#leave(group));
    return true;
  }

  /** Addresses that hold any. */
  get size(): number {
    return this.#counts.size;
  }

  #leave(group: string): void {
    const left = (this.#counts.get(group) ?? 1) - 1;
    if (left > 0) this.#counts.set(group, left);
    else this.#counts.delete(group);
  }

  #isTrusted(address: string): boolean {
    const from = this.#options.trusted();
    if (this.#trusted?.from !== from) this.#trusted = { from, list: toBlockList(from) };
    const plain = plainOf(address);
    return this.#trusted.list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  }
}

function toBlockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** An IPv4 address that a socket for both kinds shows in IPv6's form. */
const plainOf = (address: string): string =>
  address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;

/** Who counts as one: an IPv4 address, or an IPv6 network of the size that one customer gets. */
export function groupOf(address: string): string {
  const plain = plainOf(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%', 1)[0]?.split('::') ?? [];
  const parts = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - parts.length - rest.length;
  return [...parts, ...Array<string>(zeros).fill('0'), ...rest].slice(0, 4).join(':');
}
