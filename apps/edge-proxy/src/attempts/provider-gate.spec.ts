import { FakeClock } from '@sluice/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type GatedProvider,
  type GateRefusal,
  ProviderGate,
  shareOf,
  type WorkerShare,
} from './provider-gate.js';

const ALONE: WorkerShare = { index: 0, count: 1 };

let clock: FakeClock;
let provider: GatedProvider;
let gate: ProviderGate;
let refusals: GateRefusal[];

function makeGate(share = ALONE): ProviderGate {
  refusals = [];
  return new ProviderGate({
    currentProvider: () => provider,
    share,
    now: clock.now,
    setTimer: clock.setTimeout,
    onRefused: (_name, reason) => refusals.push(reason),
  });
}

beforeEach(() => {
  clock = new FakeClock();
  provider = { name: 'local', maxConcurrency: 1 };
  gate = makeGate();
});

/** What became of one that entered. */
interface Visitor {
  leave: () => void;
  turns: number;
  waitedMs: number | null;
  refused: GateRefusal | null;
}

function enter(caller = 'a', onTurn: (visitor: Visitor) => void = () => undefined): Visitor {
  const visitor: Visitor = { leave: () => undefined, turns: 0, waitedMs: null, refused: null };
  visitor.leave = gate.enter(provider, caller, {
    onTurn: (leave, waitedMs) => {
      visitor.turns += 1;
      visitor.waitedMs = waitedMs;
      visitor.leave = leave;
      onTurn(visitor);
    },
    onRefused: (reason, waitedMs) => {
      visitor.refused = reason;
      visitor.waitedMs = waitedMs;
    },
  });
  return visitor;
}

const places = (): [number, number] => {
  const [stats] = gate.stats();
  return [stats?.inFlight ?? 0, stats?.queued ?? 0];
};

describe('a place', () => {
  test('that is free is given before enter returns', () => {
    expect(enter()).toMatchObject({ turns: 1, waitedMs: 0 });
    expect(gate.inFlight('local')).toBe(1);
  });

  test('that is given back goes to the next in the same turn, and the wait is told', async () => {
    const first = enter();
    const second = enter();
    expect(second.turns).toBe(0);
    await clock.advance(300);
    first.leave();
    expect(second).toMatchObject({ turns: 1, waitedMs: 300 });
    expect(clock.pendingTimers).toBe(0);
  });

  test('is given back once, however often it is left', () => {
    const first = enter();
    enter();
    const third = enter();
    first.leave();
    first.leave();
    expect(third.turns).toBe(0);
    expect(places()).toEqual([1, 1]);
  });

  test('that comes free is not taken by a newcomer while others wait', () => {
    enter();
    const waiting = enter('b');
    provider = { ...provider, maxConcurrency: 2 };
    const newcomer = enter('c');
    expect([waiting.turns, newcomer.turns]).toEqual([1, 0]);
  });

  test('passes on although a call ends in the very turn that it got, ten thousand times', () => {
    provider = { ...provider, maxConcurrency: 1_000 };
    const running = Array.from({ length: 1_000 }, () => enter());
    const waiting = Array.from({ length: 10_000 }, () => enter('a', (visitor) => visitor.leave()));
    running[0]?.leave();
    expect(waiting.every(({ turns }) => turns === 1)).toBe(true);
    expect(places()).toEqual([999, 0]);
  });
});

describe('who waits', () => {
  test('is refused after queueTimeout, 2 s unless the config says otherwise', async () => {
    enter();
    const patient = enter();
    provider = { ...provider, queueTimeoutMs: 500 };
    const hasty = enter();
    await clock.advance(499);
    expect(hasty.refused).toBeNull();
    await clock.advance(1);
    expect(hasty).toMatchObject({ refused: 'queue_timeout', waitedMs: 500, turns: 0 });
    await clock.advance(1_499);
    expect(patient.refused).toBeNull();
    await clock.advance(1);
    expect(patient.refused).toBe('queue_timeout');
    expect([places(), refusals]).toEqual([
      [1, 0],
      ['queue_timeout', 'queue_timeout'],
    ]);
  });

  test('is refused at once with a queueTimeout of 0', () => {
    provider = { ...provider, queueTimeoutMs: 0 };
    enter();
    expect(enter().refused).toBe('queue_full');
  });

  test('leaves the queue when its client goes, and hears nothing more', async () => {
    const first = enter();
    const gone = enter();
    const next = enter();
    gone.leave();
    expect(clock.pendingTimers).toBe(1);
    first.leave();
    await clock.advance(10_000);
    expect(gone).toMatchObject({ turns: 0, refused: null });
    expect(next.turns).toBe(1);
  });

  test('is one of at most ten for each place, never fewer than 64', () => {
    for (const [limit, queued] of [
      [1, 64],
      [10, 100],
    ] as const) {
      provider = { name: `of-${limit}`, maxConcurrency: limit };
      const visitors = Array.from({ length: limit + queued + 1 }, () => enter());
      expect(visitors.filter(({ refused }) => refused === null)).toHaveLength(limit + queued);
      expect(visitors.at(-1)?.refused).toBe('queue_full');
    }
  });

  test('does not starve behind the flood of another key, not even when the queue is full of it', () => {
    const running = enter('flood');
    const flood = Array.from({ length: 1_000 }, () => enter('flood'));
    const quiet = enter('quiet');
    expect(quiet.refused).toBeNull();
    running.leave();
    flood[0]?.leave();
    expect(quiet.turns).toBe(1);
  });
});

describe('a reload', () => {
  test('that raises the limit lets those in who wait', () => {
    enter();
    const waiting = [enter(), enter(), enter()];
    provider = { ...provider, maxConcurrency: 3 };
    gate.onReload();
    expect(waiting.map(({ turns }) => turns)).toEqual([1, 1, 0]);
  });

  test('that lowers it leaves running calls alone; the next waits until there are fewer', () => {
    provider = { ...provider, maxConcurrency: 3 };
    const running = [enter(), enter(), enter()];
    provider = { ...provider, maxConcurrency: 1 };
    gate.onReload();
    const waiting = enter();
    running[0]?.leave();
    running[1]?.leave();
    expect([waiting.turns, places()]).toEqual([0, [1, 1]]);
    running[2]?.leave();
    expect(waiting.turns).toBe(1);
  });

  test('that lifts it lets all in, and nothing is kept of a gate that nobody needs', () => {
    const first = enter();
    const second = enter();
    provider = { name: 'local' };
    gate.onReload();
    expect(second.turns).toBe(1);
    first.leave();
    second.leave();
    gate.onReload();
    expect(gate.stats()).toEqual([]);
  });
});

describe('the processes of an edge', () => {
  test('have parts of the limit that add up to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 128 }), (limit, count) => {
        const shares = Array.from({ length: count }, (_, index) => shareOf(limit, { index, count }));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(limit);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('keep to their part', () => {
    provider = { ...provider, maxConcurrency: 5 };
    gate = makeGate({ index: 1, count: 2 });
    const visitors = [enter(), enter(), enter()];
    expect(visitors.map(({ turns }) => turns)).toEqual([1, 1, 0]);
  });

  test('of which one has no place refuse at once instead of waiting for what cannot come', () => {
    gate = makeGate({ index: 1, count: 2 });
    expect(enter().refused).toBe('queue_full');
  });
});

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enter'), pick: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('leave'), pick: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again'), pick: fc.nat(1_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), pick: fc.nat(900) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit'), pick: fc.nat(4) }) },
);

test('never over the limit, first come first served within a key, nobody twice or for ever: 20,000 mixed ends', async () => {
  const ends = { total: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 50, maxLength: 150 }), async (actions) => {
      clock = new FakeClock();
      provider = { name: 'local', maxConcurrency: 2, queueTimeoutMs: 1_000 };
      gate = makeGate();
      const turnsOf = new Map<string, number[]>();
      let running = 0;
      const all: { visitor: Visitor; isLeft: boolean }[] = [];
      const enterOne = (caller: string, order: number): void => {
        const visitor = enter(caller, () => {
          running += 1;
          expect(running).toBeLessThanOrEqual(provider.maxConcurrency ?? 0);
          turnsOf.set(caller, [...(turnsOf.get(caller) ?? []), order]);
        });
        all.push({ visitor, isLeft: false });
      };
      const leave = (one: (typeof all)[number]): void => {
        if (one.visitor.turns === 1 && !one.isLeft) running -= 1;
        one.isLeft = true;
        one.visitor.leave();
      };
      for (const [order, { kind, pick }] of actions.entries()) {
        const one = all[pick % Math.max(1, all.length)];
        if (kind === 'enter') enterOne('abcde'.charAt(pick), order);
        else if (kind === 'wait') await clock.advance(pick);
        else if (kind === 'limit') {
          // Raised or lowered: those who run above a lowered limit may end.
          provider = { ...provider, maxConcurrency: Math.max(pick + 1, running, 1) };
          gate.onReload();
        } else if (one !== undefined) leave(one);
      }
      for (const one of all) leave(one);
      await clock.advance(2_000);
      expect(running).toBe(0);
      expect(places()).toEqual([0, 0]);
      expect(clock.pendingTimers).toBe(0);
      for (const orders of turnsOf.values()) expect(orders).toEqual([...orders].sort((a, b) => a - b));
      for (const { visitor } of all)
        expect(visitor.turns + (visitor.refused === null ? 0 : 1)).toBeLessThan(2);
      ends.total += all.length;
    }),
    { numRuns: 500 },
  );
  expect(ends.total).toBeGreaterThan(10_000);
});
