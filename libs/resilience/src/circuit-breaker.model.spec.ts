// The breaker against a model that keeps every call and reads the rules off the list: slow, plain, and written apart.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BreakerOutcome, type BreakerSettings, CircuitBreaker } from './circuit-breaker.js';

class Model {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  private calls: { readonly atMs: number; readonly failed: boolean }[] = [];
  private untilMs = 0;
  private closedMs = 0;
  private nextOpenMs: number;
  private successes = 0;

  constructor(private readonly settings: BreakerSettings) {
    this.nextOpenMs = settings.openForMs;
  }

  /** Whether a call at this time is sent; what came of it. */
  call(nowMs: number, outcome: BreakerOutcome): boolean {
    if (this.state === 'open') {
      if (nowMs < this.untilMs) return false;
      this.state = 'half-open';
      this.successes = 0;
    }
    if (outcome === 'ignored') return true;
    if (this.state === 'half-open') this.probe(nowMs, outcome);
    else this.count(nowMs, outcome === 'failure');
    return true;
  }

  private probe(nowMs: number, outcome: BreakerOutcome): void {
    if (outcome === 'failure') return this.open(nowMs);
    this.successes += 1;
    if (this.successes < this.settings.halfOpenProbes) return;
    this.state = 'closed';
    this.closedMs = nowMs;
    this.calls = [];
  }

  private count(nowMs: number, failed: boolean): void {
    this.calls.push({ atMs: nowMs, failed });
    if (!failed) return;
    const { consecutiveFailures, minRequests, failureRatio, windowMs } = this.settings;
    const row = this.calls.length - 1 - this.calls.findLastIndex((call) => !call.failed);
    // The window moves on by tenths.
    const tenth = (atMs: number): number => Math.floor(atMs / (windowMs / 10));
    const recent = this.calls.filter(({ atMs }) => tenth(atMs) > tenth(nowMs) - 10);
    const failures = recent.filter((call) => call.failed).length;
    const isBad = recent.length >= minRequests && failures / recent.length >= failureRatio;
    if (row < consecutiveFailures && !isBad) return;
    if (nowMs - this.closedMs >= windowMs) this.nextOpenMs = this.settings.openForMs;
    this.open(nowMs);
  }

  private open(nowMs: number): void {
    this.state = 'open';
    this.untilMs = nowMs + Math.min(this.nextOpenMs, this.settings.maxOpenForMs);
    this.nextOpenMs *= 2;
  }
}

const settings = fc.record({
  consecutiveFailures: fc.integer({ min: 1, max: 8 }),
  // Sixteenths, which have no rounding of their own.
  failureRatio: fc.integer({ min: 1, max: 16 }).map((sixteenths) => sixteenths / 16),
  minRequests: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.integer({ min: 10, max: 6_000 }).map((tenMs) => tenMs * 10),
  openForMs: fc.integer({ min: 50, max: 8_000 }),
  maxOpenForMs: fc.integer({ min: 8_000, max: 300_000 }),
  halfOpenProbes: fc.integer({ min: 1, max: 3 }),
});
const call = fc.record({
  afterMs: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 100 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
  ),
  outcome: fc.oneof(
    { weight: 4, arbitrary: fc.constant<BreakerOutcome>('success') },
    { weight: 5, arbitrary: fc.constant<BreakerOutcome>('failure') },
    { weight: 2, arbitrary: fc.constant<BreakerOutcome>('ignored') },
  ),
});

test('call for call it is in the state that the rules say, and sends what they let through', () => {
  let steps = 0;
  const calls = fc.array(call, { minLength: 100, maxLength: 400, size: 'max' });
  fc.assert(
    fc.property(settings, calls, (chosen, script) => {
      let nowMs = 5_000_000;
      const model = new Model(chosen);
      const breaker = new CircuitBreaker({ settings: chosen, now: () => nowMs, random: () => 0 });
      for (const { afterMs, outcome } of script) {
        nowMs += afterMs;
        const permit = breaker.tryAcquire();
        if (permit > 0) breaker.settle(permit, outcome);
        expect([permit > 0, breaker.state]).toEqual([model.call(nowMs, outcome), model.state]);
        steps += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(steps).toBeGreaterThan(100_000);
});
