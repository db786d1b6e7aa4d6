import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rendezvousOrder, type RendezvousNode } from './rendezvous-order.js';

const KEYS = Array.from({ length: 20_000 }, (_, index) => `session-${index}`);
const node = (id: string, weight = 1): RendezvousNode => ({ id, weight });
const NODES = [node('openai gpt-4o'), node('azure gpt-4o'), node('local llama3'), node('backup gpt-4o')];

const shares = (nodes: readonly RendezvousNode[]): number[] => {
  const counts = nodes.map(() => 0);
  for (const key of KEYS) {
    const first = rendezvousOrder(key, nodes)[0] ?? -1;
    counts[first] = (counts[first] ?? 0) + 1;
  }
  return counts.map((count) => count / KEYS.length);
};

test('each order is a permutation, the same every time and whatever the order of the nodes', () => {
  const nodes = fc.uniqueArray(fc.record({ id: fc.string(), weight: fc.nat(5) }), {
    selector: ({ id }) => id,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.string(), nodes, (key, given) => {
      const order = rendezvousOrder(key, given);
      expect([...order].sort((a, b) => a - b)).toEqual(given.map((_, index) => index));
      const weighed = order.map((index) => given[index]).filter((found) => (found?.weight ?? 0) > 0);
      const turned = given.toReversed();
      const again = rendezvousOrder(key, turned).map((index) => turned[index]);
      expect(again.filter((found) => (found?.weight ?? 0) > 0)).toEqual(weighed);
    }),
  );
});

test('keys spread evenly over equal nodes', () => {
  for (const share of shares(NODES)) expect(Math.abs(share - 1 / 4)).toBeLessThan(0.01);
});

test('keys spread by weight', () => {
  const [a, b, c] = shares([node('a', 6), node('b', 3), node('c', 1)]);
  expect(Math.abs((a ?? 0) - 0.6)).toBeLessThan(0.015);
  expect(Math.abs((b ?? 0) - 0.3)).toBeLessThan(0.015);
  expect(Math.abs((c ?? 0) - 0.1)).toBeLessThan(0.015);
});

test('a node that goes takes only its own keys along, and those spread over the others', () => {
  const others = NODES.slice(1);
  const moved = others.map(() => 0);
  for (const key of KEYS) {
    const before = rendezvousOrder(key, NODES)[0] ?? -1;
    const after = rendezvousOrder(key, others)[0] ?? -1;
    if (before > 0) expect(after).toBe(before - 1);
    else moved[after] = (moved[after] ?? 0) + 1;
  }
  for (const count of moved) expect(Math.abs(count / KEYS.length - 1 / 12)).toBeLessThan(0.01);
});

test('without the first node, the second of the order is the one that gets the key', () => {
  for (const key of KEYS.slice(0, 1_000)) {
    const [first, second] = rendezvousOrder(key, NODES);
    const rest = NODES.filter((_, index) => index !== first);
    expect(rest[rendezvousOrder(key, rest)[0] ?? -1]).toBe(NODES[second ?? -1]);
  }
});

test('a node without weight comes last', () => {
  for (const key of KEYS.slice(0, 100)) {
    expect(rendezvousOrder(key, [node('a', 0), node('b', 1e-9)])).toEqual([1, 0]);
  }
});

test('the order is that of earlier versions: sessions stay where their prompt caches are', () => {
  const order = KEYS.slice(0, 8).map((key) => rendezvousOrder(key, NODES).join(''));
  expect(order).toEqual(['2310', '2130', '0231', '0321', '1203', '0213', '3012', '1320']);
});

test('similar keys and similar names are no problem', () => {
  const nodes = Array.from({ length: 8 }, (_, index) => node(`p${index}`));
  const counts = nodes.map(() => 0);
  for (let key = 0; key < 16_000; key += 1) {
    const first = rendezvousOrder(String(key), nodes)[0] ?? -1;
    counts[first] = (counts[first] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count / 16_000 - 1 / 8)).toBeLessThan(0.012);
});
