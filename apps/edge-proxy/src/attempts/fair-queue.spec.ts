import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FairQueue, QueueEntry } from './fair-queue.js';

/** Queues `<caller><number>` and says who had to go. */
function push(queue: FairQueue<string>, item: string, maxLength = 100): string | null {
  return queue.push(item.charAt(0), new QueueEntry(item), maxLength)?.item ?? null;
}

function takeAll(queue: FairQueue<string>): string[] {
  const taken: string[] = [];
  for (let entry = queue.shift(); entry !== null; entry = queue.shift()) taken.push(entry.item);
  return taken;
}

test('callers take turns, and each one’s requests keep their order', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) push(queue, item);
  expect(takeAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  expect(queue.length).toBe(0);
});

test('who comes back after its turn stands behind all others', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'b1', 'c1']) push(queue, item);
  expect(queue.shift()?.item).toBe('a1');
  push(queue, 'a2');
  expect(takeAll(queue)).toEqual(['b1', 'c1', 'a2']);
});

describe('a full queue', () => {
  test('turns the flooding caller away', () => {
    const queue = new FairQueue<string>();
    expect(['a1', 'a2', 'a3', 'a4'].map((item) => push(queue, item, 3))).toEqual([null, null, null, 'a4']);
  });

  test('makes room for another caller by the newest of the flood', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3']) push(queue, item, 3);
    expect(push(queue, 'b1', 3)).toBe('a3');
    // Both have as many as a fair share of three allows.
    expect(push(queue, 'b2', 3)).toBe('b2');
    expect(takeAll(queue)).toEqual(['a1', 'b1', 'a2']);
  });

  test('turns newcomers away when nobody has more than one', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'b1', 'c1']) push(queue, item, 3);
    expect(push(queue, 'd1', 3)).toBe('d1');
  });
});

test('an entry that left is not found again, and leaving twice changes nothing', () => {
  const queue = new FairQueue<string>();
  const entry = new QueueEntry('a1');
  queue.push('a', entry, 10);
  push(queue, 'b1');
  expect([queue.remove(entry), queue.remove(entry), queue.length]).toEqual([true, false, 1]);
  expect(takeAll(queue)).toEqual(['b1']);
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('push'), pick: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('shift'), pick: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), pick: fc.nat(50) }) },
);

/** The same queue, written for reading: the callers in the order of their turns, each with its entries. */
class PlainQueue {
  lanes: { caller: string; entries: QueueEntry<string>[] }[] = [];

  push(caller: string, entry: QueueEntry<string>, maxLength: number): QueueEntry<string> | null {
    let gone: QueueEntry<string> | null = null;
    const own = this.lanes.find((lane) => lane.caller === caller)?.entries.length ?? 0;
    if (this.lanes.flatMap((lane) => lane.entries).length >= maxLength) {
      const most = Math.max(...this.lanes.map((lane) => lane.entries.length));
      if (most <= own + 1) return entry;
      gone = this.lastOfLongest(most);
      this.remove(gone);
    }
    const lane = this.lanes.find((other) => other.caller === caller);
    if (lane === undefined) this.lanes.push({ caller, entries: [entry] });
    else lane.entries.push(entry);
    return gone;
  }

  shift(): QueueEntry<string> | null {
    const lane = this.lanes.shift();
    if (lane === undefined) return null;
    const entry = lane.entries.shift() ?? null;
    if (lane.entries.length > 0) this.lanes.push(lane);
    return entry;
  }

  remove(entry: QueueEntry<string>): void {
    for (const lane of this.lanes) lane.entries = lane.entries.filter((other) => other !== entry);
    this.lanes = this.lanes.filter((lane) => lane.entries.length > 0);
  }

  /** Of several longest ones any will do: the choice is the real queue's, see below. */
  longest = '';
  private lastOfLongest(most: number): QueueEntry<string> {
    const lane = this.lanes.find((one) => one.entries.length === most && one.caller === this.longest);
    const entry = lane?.entries.at(-1);
    if (entry === undefined) throw new Error(`"${this.longest}" is not the longest`);
    return entry;
  }
}

test('it does what the plain queue does, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 8 }), (steps, maxLength) => {
      const queue = new FairQueue<string>();
      const plain = new PlainQueue();
      const all: QueueEntry<string>[] = [];
      for (const { kind, pick } of steps) {
        if (kind === 'push') {
          const caller = 'abcd'.charAt(pick);
          const entry = new QueueEntry(`${caller}${all.length}`);
          const gone = queue.push(caller, entry, maxLength);
          plain.longest = gone?.item.charAt(0) ?? '';
          expect(plain.push(caller, entry, maxLength)).toBe(gone);
          all.push(entry);
        } else if (kind === 'shift') {
          expect(queue.shift()).toBe(plain.shift());
        } else {
          const entry = all[pick];
          if (entry === undefined) continue;
          queue.remove(entry);
          plain.remove(entry);
        }
        expect(queue.length).toBe(plain.lanes.flatMap((lane) => lane.entries).length);
      }
      for (let entry = queue.shift(); entry !== null; entry = queue.shift()) {
        expect(plain.shift()).toBe(entry);
      }
      expect(plain.lanes).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
