import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CommitResult, DeliveryBatcher, type DeliveryWork } from './delivery-batcher.js';

/** Items are told apart as objects, as events and rows are. */
interface Item {
  readonly name: string;
}

const items = (count: number): Item[] => Array.from({ length: count }, (_, index) => ({ name: `${index}` }));
const work = (of: readonly Item[]): DeliveryWork<Item> => ({ items: of, dead: [] });
const committed: CommitResult<Item> = { kind: 'committed', refused: [] };

function setUp(answer: (work: DeliveryWork<Item>) => Promise<CommitResult<Item>>) {
  const batches: DeliveryWork<Item>[] = [];
  const commit = (given: DeliveryWork<Item>): Promise<CommitResult<Item>> => {
    batches.push(given);
    return answer(given);
  };
  return {
    batches,
    batcher: new DeliveryBatcher<Item>({ commit, maxItems: 10, maxDeliveries: 4, maxWaitMs: 100 }),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('DeliveryBatcher', () => {
  it('deliveries that come within the wait share one transaction, and none is done before its commit', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { batches, batcher } = setUp(async () => {
      await gate.promise;
      return committed;
    });
    let done = 0;
    const deliveries = [2, 3].map(async (count) => {
      await batcher.add(work(items(count)));
      done += 1;
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect([batches.map((batch) => batch.items.length), done]).toEqual([[5], 0]);
    gate.resolve(undefined);
    await Promise.all(deliveries);
    expect(done).toBe(2);
  });

  it('a full batch does not wait, one transaction runs at a time, and what does not fit goes into the next', async () => {
    const release: (() => void)[] = [];
    const { batches, batcher } = setUp(
      () => new Promise((resolve) => release.push(() => resolve(committed))),
    );
    const done = Promise.all(Array.from({ length: 5 }, () => batcher.add(work(items(6)))));
    await vi.advanceTimersByTimeAsync(100);
    expect(batches.map((batch) => batch.items.length)).toEqual([6]);
    for (let commit = 0; commit < 5; commit += 1) {
      release[commit]!();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(await done).toHaveLength(5);
    expect(batches).toHaveLength(5);
  });

  it('many small deliveries do not wait for company: the bus would send no more until they are done', async () => {
    const { batches, batcher } = setUp(() => Promise.resolve(committed));
    await Promise.all([1, 2, 3, 4].map(() => batcher.add(work(items(1)))));
    expect(batches.map((batch) => batch.items.length)).toEqual([4]);
  });

  it('a delivery larger than a batch goes in whole', async () => {
    const { batches, batcher } = setUp(() => Promise.resolve(committed));
    await batcher.add(work(items(64)));
    expect(batches.map((batch) => batch.items.length)).toEqual([64]);
  });

  it('bad items are found among the good ones and go back to their own delivery only; the rest is committed once', async () => {
    const stored: Item[] = [];
    const first = items(7);
    const second = items(5);
    const bad = new Set([first[2], first[6], second[0]]);
    const { batcher } = setUp((given) => {
      if (given.items.some((item) => bad.has(item))) {
        return Promise.resolve({ kind: 'data_error', code: '22003', message: 'out of range' });
      }
      stored.push(...given.items);
      return Promise.resolve(committed);
    });
    const done = Promise.all([batcher.add(work(first)), batcher.add(work(second))]);
    await vi.advanceTimersByTimeAsync(200);
    const refused = await done;
    expect(refused.map((list) => list.map(({ item }) => item))).toEqual([[first[2], first[6]], [second[0]]]);
    expect(refused[0][0]?.reason).toBe('data_error 22003: out of range');
    expect(stored).toHaveLength(9);
    expect(new Set(stored).size).toBe(9);
  });

  it('what the commit itself refuses goes back to its own delivery, with its reason', async () => {
    const first = items(1);
    const second = items(2);
    const { batcher } = setUp(() =>
      Promise.resolve({ kind: 'committed', refused: [{ item: second[1]!, reason: 'no partition' }] }),
    );
    const done = Promise.all([batcher.add(work(first)), batcher.add(work(second))]);
    await vi.advanceTimersByTimeAsync(100);
    expect(await done).toEqual([[], [{ item: second[1], reason: 'no partition' }]]);
  });

  it('dead numbers are committed once, also when the only item beside them is bad', async () => {
    const dead = [{ spoolId: 's', spoolSeq: 9 }];
    const { batches, batcher } = setUp((given) =>
      Promise.resolve(
        given.items.length > 0 ? { kind: 'data_error', code: '22P05', message: '' } : committed,
      ),
    );
    const done = batcher.add({ items: items(1), dead });
    await vi.advanceTimersByTimeAsync(100);
    expect(await done).toHaveLength(1);
    expect(batches.at(-1)).toEqual({ items: [], dead });
  });

  it('a failed transaction fails its deliveries, and the next one goes on', async () => {
    let isAway = true;
    const { batcher } = setUp(() =>
      isAway ? Promise.reject(new Error('stopping')) : Promise.resolve(committed),
    );
    const failed = expect(batcher.add(work(items(10)))).rejects.toThrow('stopping');
    await vi.advanceTimersByTimeAsync(0);
    await failed;
    isAway = false;
    expect(await batcher.add(work(items(10)))).toEqual([]);
  });
});
