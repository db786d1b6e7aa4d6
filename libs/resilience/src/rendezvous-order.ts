/** What rendezvous hashing needs to know of a node. */
export interface RendezvousNode {
  /** The same in all processes and for as long as the node is meant to keep its keys. */
  readonly id: string;
  /** 0 or more: its share of the keys relative to the others'; 0 comes last. */
  readonly weight: number;
}

/**
 * Orders nodes for a key by weighted rendezvous hashing: every process gets the same order, and a node that goes
 * takes only its own keys along, each to its next node.
 * @returns the indices of the nodes, the key's own first
 */
export function rendezvousOrder(key: string, nodes: readonly RendezvousNode[]): number[] {
  const keyHash = rendezvousHash(key);
  const scores = nodes.map(({ id, weight }) => rendezvousScore(keyHash, rendezvousHash(id), weight));
  return nodes.map((_, index) => index).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

const HALF = 2 ** 26;

/**
 * How much a node wants a key; the highest has it. For callers that keep the nodes' hashes.
 * @param keyHash of the key, by {@link rendezvousHash}
 * @param nodeHash of the node's id, by the same
 * @returns 0 without weight, else above 0
 */
export function rendezvousScore(keyHash: number, nodeHash: number, weight: number): number {
  if (weight <= 0) return 0;
  const high = mix(Math.floor(keyHash / HALF) ^ Math.imul(Math.floor(nodeHash / HALF), 0x9e3779b1));
  const low = mix((keyHash % HALF) ^ Math.imul(nodeHash % HALF, 0x85ebca77) ^ high);
  // Half a step away from 0 and 1, whose logarithms would be of no use.
  const unit = ((high >>> 6) * HALF + (low >>> 6) + 0.5) / 2 ** 52;
  return weight / -Math.log(unit);
}

/**
 * 52 bits of hash over a text: two 32-bit lanes of multiply and xor, mixed at the end as MurmurHash3 does. Not for
 * secrets: who can choose keys can choose nodes.
 */
export function rendezvousHash(text: string): number {
  let high = 0x9e3779b9 ^ text.length;
  let low = 0x85ebca6b;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0xcc9e2d51);
    low = Math.imul(low ^ unit, 0x1b873593);
    low ^= high >>> 15;
  }
  high = mix(high ^ (low >>> 16));
  low = mix(low ^ (high >>> 13));
  return (high >>> 6) * HALF + (low >>> 6);
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
