import type { RequestCompleted } from '@sluice/contracts';
import type { RollUpResult } from '@sluice/storage';
import { requestCompleted, requestsOfSpool, waitFor } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { RollupFlusher, type Work } from './rollup-flusher.js';

const committed = (work: Work): RollUpResult<RequestCompleted> => ({ kind: 'committed', fresh: work.events });

function flusherOver(apply: (work: Work) => Promise<RollUpResult<RequestCompleted>>, maxWaitMs = 5) {
  const batches: number[] = [];
  const flusher = new RollupFlusher({
    maxEvents: 10,
    maxDeliveries: 4,
    maxWaitMs,
    apply: (work) => {
      batches.push(work.events.length);
      return apply(work);
    },
  });
  return { flusher, batches };
}

describe('RollupFlusher', () => {
  it('several deliveries share a transaction, and none is done before its commit', async () => {
    let commit: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const { flusher, batches } = flusherOver(async (work) => {
      await gate;
      return committed(work);
    });
    let done = 0;
    const deliveries = [1, 2, 3].map(async () => {
      await flusher.add({ events: requestsOfSpool(2), dead: [] });
      done += 1;
    });
    await waitFor(() => batches.length === 1);
    expect([batches, done]).toEqual([[6], 0]);
    commit();
    await Promise.all(deliveries);
    expect(done).toBe(3);
  });

  it('a full batch does not wait, and what does not fit goes into the next', async () => {
    const { flusher, batches } = flusherOver((work) => Promise.resolve(committed(work)));
    await Promise.all([1, 2, 3].map(() => flusher.add({ events: requestsOfSpool(6), dead: [] })));
    expect(batches).toEqual([6, 6, 6]);
  });

  it('many small deliveries do not wait for company: the bus would send no more until they are done', async () => {
    const { flusher, batches } = flusherOver((work) => Promise.resolve(committed(work)), 60_000);
    await Promise.all([1, 2, 3, 4].map(() => flusher.add({ events: requestsOfSpool(1), dead: [] })));
    expect(batches).toEqual([4]);
  });

  it('the one event that cannot be stored comes back to its own delivery; all others are committed once', async () => {
    const bad = requestCompleted();
    const stored: RequestCompleted[] = [];
    const { flusher } = flusherOver((work) => {
      if (work.events.includes(bad)) {
        return Promise.resolve({ kind: 'data_error', code: '22003', message: 'out of range' });
      }
      stored.push(...work.events);
      return Promise.resolve(committed(work));
    });
    const good = requestsOfSpool(5);
    const others = requestsOfSpool(3);
    const [rejected, none] = await Promise.all([
      flusher.add({ events: [...good, bad], dead: [] }),
      flusher.add({ events: others, dead: [] }),
    ]);
    expect(rejected).toEqual([{ event: bad, reason: 'data_error 22003: out of range' }]);
    expect(none).toEqual([]);
    expect(stored).toEqual([...good, ...others]);
  });

  it('a transaction that is given up fails its deliveries, and the next ones go on', async () => {
    let isAway = true;
    const { flusher } = flusherOver((work) =>
      isAway ? Promise.reject(new Error('stopping')) : Promise.resolve(committed(work)),
    );
    await expect(flusher.add({ events: requestsOfSpool(1), dead: [] })).rejects.toThrow('stopping');
    isAway = false;
    expect(await flusher.add({ events: requestsOfSpool(1), dead: [] })).toEqual([]);
  });
});
