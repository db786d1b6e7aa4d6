import { requestsOfSpool } from '@sluice/testing';
import type { AppendResult, NewRequestLogRow } from '@sluice/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RowBatcher, type Work } from './row-batcher.js';
import { toRequestLogRow } from './to-request-log-row.js';

const rows = (count: number): NewRequestLogRow[] =>
  requestsOfSpool(count).map((event) => toRequestLogRow(event, new Date(0)));
const work = (of: readonly NewRequestLogRow[]): Work => ({ rows: of, dead: [] });
const committed = (inserted: number): AppendResult => ({ kind: 'committed', inserted, outOfRange: [] });

function setUp(answer: (work: Work) => Promise<AppendResult>) {
  const batches: Work[] = [];
  const append = (given: Work): Promise<AppendResult> => {
    batches.push(given);
    return answer(given);
  };
  return { batches, batcher: new RowBatcher({ append, maxRows: 10, maxWaitMs: 100 }) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('RowBatcher', () => {
  it('deliveries that come within the wait share one transaction', async () => {
    const { batches, batcher } = setUp((given) => Promise.resolve(committed(given.rows.length)));
    const done = Promise.all([batcher.add(work(rows(2))), batcher.add(work(rows(3)))]);
    await vi.advanceTimersByTimeAsync(99);
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await done).toEqual([[], []]);
    expect(batches.map((batch) => batch.rows.length)).toEqual([5]);
  });

  it('a full batch does not wait, and one transaction runs at a time', async () => {
    const release: (() => void)[] = [];
    const { batches, batcher } = setUp(
      (given) => new Promise((resolve) => release.push(() => resolve(committed(given.rows.length)))),
    );
    const done = Promise.all(Array.from({ length: 5 }, () => batcher.add(work(rows(6)))));
    expect(batches.map((batch) => batch.rows.length)).toEqual([6]);
    for (let commit = 0; commit < 5; commit += 1) {
      release[commit]!();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(await done).toHaveLength(5);
    expect(batches).toHaveLength(5);
  });

  it('a delivery larger than a batch goes in whole', async () => {
    const { batches, batcher } = setUp((given) => Promise.resolve(committed(given.rows.length)));
    await batcher.add(work(rows(64)));
    expect(batches.map((batch) => batch.rows.length)).toEqual([64]);
  });

  it('bad rows are found among the good ones and go back to their own delivery only; the rest is committed once', async () => {
    const stored: NewRequestLogRow[] = [];
    const first = rows(7);
    const second = rows(5);
    const bad = new Set([first[2], first[6], second[0]]);
    const { batcher } = setUp((given) => {
      if (given.rows.some((row) => bad.has(row))) {
        return Promise.resolve({ kind: 'data_error', code: '22003', message: 'out of range' });
      }
      stored.push(...given.rows);
      return Promise.resolve(committed(given.rows.length));
    });
    const done = Promise.all([batcher.add(work(first)), batcher.add(work(second))]);
    await vi.advanceTimersByTimeAsync(200);
    const rejected = await done;
    expect(rejected.map((list) => list.map((found) => found.row))).toEqual([
      [first[2], first[6]],
      [second[0]],
    ]);
    expect(rejected[0][0]?.reason).toBe('data_error 22003: out of range');
    expect(stored).toHaveLength(9);
    expect(new Set(stored).size).toBe(9);
  });

  it('dead numbers are committed once, also when the only row beside them is bad', async () => {
    const [row] = rows(1);
    const dead = [{ spoolId: row!.spool_id, spoolSeq: 9 }];
    const { batches, batcher } = setUp((given) =>
      Promise.resolve(
        given.rows.length > 0 ? { kind: 'data_error', code: '22P05', message: '' } : committed(0),
      ),
    );
    const done = batcher.add({ rows: [row!], dead });
    await vi.advanceTimersByTimeAsync(100);
    expect(await done).toHaveLength(1);
    expect(batches.at(-1)).toEqual({ rows: [], dead });
  });

  it('a failed transaction fails its deliveries, and the next one goes on', async () => {
    let failing = true;
    const { batcher } = setUp((given) =>
      failing ? Promise.reject(new Error('stopping')) : Promise.resolve(committed(given.rows.length)),
    );
    const failed = expect(batcher.add(work(rows(10)))).rejects.toThrow('stopping');
    await vi.advanceTimersByTimeAsync(0);
    await failed;
    failing = false;
    expect(await batcher.add(work(rows(10)))).toEqual([]);
  });
});
