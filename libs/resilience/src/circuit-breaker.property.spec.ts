import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BreakerOutcome,
  type BreakerSettings,
  type BreakerTransition,
  CircuitBreaker,
} from './circuit-breaker.js';

type Step =
  | { readonly kind: 'acquire' }
  | { readonly kind: 'least-bad' }
  | { readonly kind: 'note-failure' }
  /** Settles one of the permits under way, picked by a number. */
  | { readonly kind: 'settle'; readonly pick: number; readonly outcome: BreakerOutcome }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'force'; readonly state: 'open' | 'closed' | null };

const outcomes = fc.constantFrom<BreakerOutcome>('success', 'failure', 'ignored');
const settling = (outcome: fc.Arbitrary<BreakerOutcome>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(), outcome });
const waiting: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('wait' as const),
  ms: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 20_000 })),
});
const acquiring = fc.constant<Step>({ kind: 'acquire' });

const natural = fc.oneof(
  { weight: 6, arbitrary: acquiring },
  { weight: 6, arbitrary: settling(outcomes) },
  { weight: 2, arbitrary: waiting },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'least-bad' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'note-failure' }) },
);
const forcing: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('force' as const),
  state: fc.constantFrom<'open' | 'closed' | null>('open', 'closed', null),
});

const settingsArb: fc.Arbitrary<BreakerSettings> = fc.record({
  consecutiveFailures: fc.integer({ min: 1, max: 8 }),
  failureRatio: fc.double({ min: 0.05, max: 1, noNaN: true }),
  minRequests: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.integer({ min: 100, max: 60_000 }),
  openForMs: fc.integer({ min: 50, max: 8_000 }),
  maxOpenForMs: fc.integer({ min: 8_000, max: 300_000 }),
  halfOpenProbes: fc.integer({ min: 1, max: 3 }),
});

const RUNS = { numRuns: 500 };
const STEPS = { minLength: 100, maxLength: 400, size: 'max' as const };

/** Drives a breaker and keeps its own books of what is under way. */
class Bench {
  nowMs = 1_000_000;
  readonly changes: BreakerTransition[] = [];
  /** The permits not settled yet, with the state in which each was given. */
  readonly underWay: { permit: number; isProbe: boolean }[] = [];
  readonly breaker: CircuitBreaker;
  steps = 0;

  constructor(readonly settings: BreakerSettings) {
    this.breaker = new CircuitBreaker({
      settings,
      now: () => this.nowMs,
      random: () => 0.5,
      onChange: (change) => this.changes.push(change),
    });
  }

  acquire(how: 'tryAcquire' | 'tryAcquireLeastBad'): boolean {
    const { breaker } = this;
    const permit = breaker[how]();
    if (permit === 0) return false;
    expect(Number.isSafeInteger(permit) && permit > 0).toBe(true);
    this.underWay.push({ permit, isProbe: breaker.state !== 'closed' });
    return true;
  }

  settle(pick: number, outcome: BreakerOutcome): void {
    const [taken] = this.underWay.splice(pick % Math.max(1, this.underWay.length), 1);
    if (taken !== undefined) this.breaker.settle(taken.permit, outcome);
  }

  run(step: Step): void {
    this.steps += 1;
    if (step.kind === 'acquire') this.acquire('tryAcquire');
    else if (step.kind === 'least-bad') this.acquire('tryAcquireLeastBad');
    else if (step.kind === 'note-failure') this.breaker.noteFailure();
    else if (step.kind === 'settle') this.settle(step.pick, step.outcome);
    else if (step.kind === 'wait') this.nowMs += step.ms;
    else this.breaker.force(step.state);
  }

  get probes(): number {
    return this.underWay.filter(({ isProbe }) => isProbe).length;
  }
}

const LEGAL = new Set([
  'closed→open failures-in-a-row',
  'closed→open failure-ratio',
  'open→half-open probing',
  'half-open→open probe-failed',
  'half-open→closed probes-succeeded',
]);

test('never more probes under way than allowed, and never a change along an illegal edge', () => {
  let steps = 0;
  fc.assert(
    fc.property(settingsArb, fc.array(natural, STEPS), (settings, script) => {
      const bench = new Bench(settings);
      for (const step of script) {
        bench.run(step);
        expect(bench.probes).toBeLessThanOrEqual(settings.halfOpenProbes);
      }
      for (const { from, to, cause } of bench.changes) expect(LEGAL).toContain(`${from}→${to} ${cause}`);
      const states = ['closed', ...bench.changes.map(({ to }) => to)];
      expect(bench.changes.map(({ from }) => from)).toEqual(states.slice(0, -1));
      steps += bench.steps;
    }),
    RUNS,
  );
  expect(steps).toBeGreaterThan(100_000);
});

test('from wherever it got to, it is closed again soon after its target is well', () => {
  fc.assert(
    fc.property(settingsArb, fc.array(natural, STEPS), (settings, script) => {
      const bench = new Bench(settings);
      for (const step of script) bench.run(step);
      while (bench.underWay.length > 0) bench.settle(0, 'ignored');
      bench.nowMs += bench.breaker.retryInMs();
      for (let probe = 0; probe < settings.halfOpenProbes; probe += 1) {
        expect(bench.acquire('tryAcquire')).toBe(true);
        bench.settle(0, 'success');
      }
      expect(bench.breaker.state).toBe('closed');
    }),
    RUNS,
  );
});

test('ignored outcomes never open it, whatever their number and whenever they come', () => {
  const noise = fc.oneof(acquiring, waiting, settling(fc.constant('ignored')));
  fc.assert(
    fc.property(settingsArb, fc.array(noise, STEPS), (settings, script) => {
      const bench = new Bench(settings);
      for (const step of script) bench.run(step);
      expect(bench.changes).toEqual([]);
    }),
    RUNS,
  );
});

test('ignored outcomes never change what the others decide', () => {
  const plain = fc.oneof(settling(fc.constantFrom('success', 'failure')), waiting);
  fc.assert(
    fc.property(
      settingsArb,
      fc.array(plain, STEPS),
      fc.array(fc.nat(3), { minLength: 400, maxLength: 400 }),
      (settings, script, noise) => {
        const quiet = new Bench(settings);
        const noisy = new Bench(settings);
        for (const [index, step] of script.entries()) {
          for (const bench of [quiet, noisy]) {
            if (step.kind === 'settle') bench.acquire('tryAcquire');
            bench.run(step);
          }
          for (let count = noise[index] ?? 0; count > 0; count -= 1) {
            // Not while open: the calls would half-open it earlier than the quiet one.
            if (noisy.breaker.state === 'closed' && noisy.acquire('tryAcquire')) noisy.settle(0, 'ignored');
          }
        }
        expect(noisy.changes).toEqual(quiet.changes);
      },
    ),
    RUNS,
  );
});

test('an open time is the first one doubled, within its bound and a tenth', () => {
  fc.assert(
    fc.property(settingsArb, fc.array(natural, STEPS), (settings, script) => {
      const bench = new Bench(settings);
      for (const step of script) bench.run(step);
      for (const { openForMs, to } of bench.changes) {
        if (to !== 'open') continue;
        expect(openForMs).toBeGreaterThanOrEqual(settings.openForMs);
        expect(openForMs).toBeLessThanOrEqual(settings.maxOpenForMs * 1.1);
      }
    }),
    RUNS,
  );
});

test('what a person holds open or closed stays so, and lifting it leaves a breaker that works', () => {
  fc.assert(
    fc.property(
      settingsArb,
      fc.array(fc.oneof({ weight: 12, arbitrary: natural }, forcing), STEPS),
      (settings, script) => {
        const bench = new Bench(settings);
        for (const step of script) {
          bench.run(step);
          const { forced, state } = bench.breaker;
          if (forced !== null)
            expect([state, bench.breaker.canAcquire()]).toEqual([forced, forced === 'closed']);
        }
        bench.breaker.force(null);
        while (bench.underWay.length > 0) bench.settle(0, 'ignored');
        bench.nowMs += bench.breaker.retryInMs();
        expect(bench.acquire('tryAcquire')).toBe(true);
      },
    ),
    RUNS,
  );
});

test('asking whether a call may go changes nothing and is right', () => {
  fc.assert(
    fc.property(settingsArb, fc.array(natural, STEPS), (settings, script) => {
      const bench = new Bench(settings);
      for (const step of script) {
        const before = [bench.breaker.state, bench.changes.length];
        const may = bench.breaker.canAcquire();
        expect([bench.breaker.state, bench.changes.length]).toEqual(before);
        expect(bench.breaker.retryInMs() === 0).toBe(may);
        if (step.kind === 'acquire') expect(bench.acquire('tryAcquire')).toBe(may);
        else bench.run(step);
      }
    }),
    RUNS,
  );
});
