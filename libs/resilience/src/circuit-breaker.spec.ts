import { beforeEach, expect, test } from 'vitest';
import {
  type BreakerOutcome,
  type BreakerSettings,
  type BreakerTransition,
  CircuitBreaker,
} from './circuit-breaker.js';

/** The config's defaults. */
const SETTINGS: BreakerSettings = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minRequests: 20,
  windowMs: 30_000,
  openForMs: 5_000,
  maxOpenForMs: 300_000,
  halfOpenProbes: 2,
};

let nowMs = 0;
let jitter = 0;
let changes: BreakerTransition[] = [];
let breaker: CircuitBreaker;

const make = (settings: Partial<BreakerSettings> = {}): CircuitBreaker =>
  new CircuitBreaker({
    settings: { ...SETTINGS, ...settings },
    now: () => nowMs,
    random: () => jitter,
    onChange: (change) => changes.push(change),
  });

beforeEach(() => {
  nowMs = 1_000;
  jitter = 0;
  changes = [];
  breaker = make();
});

/** One call after the other: S, F or I (ignored). */
function run(outcomes: string): void {
  const names: Record<string, BreakerOutcome> = { S: 'success', F: 'failure', I: 'ignored' };
  for (const letter of outcomes) {
    const permit = breaker.tryAcquire();
    if (permit > 0) breaker.settle(permit, names[letter] ?? 'ignored');
  }
}

/** Fails until it is open, then waits until it may be probed. */
function openAndWait(): void {
  run('FFFFF');
  nowMs += breaker.retryInMs();
}

test.each([
  ['FFFF', 'closed', 'four failures are not five'],
  ['FFFFF', 'open', 'five in a row open it'],
  ['FFFFSFFFF', 'closed', 'a success between them starts the row anew'],
  ['FFFFIIIIF', 'open', 'ignored outcomes do not break a row'],
  ['SF'.repeat(9) + 'S', 'closed', 'half of nineteen is not judged'],
  ['SF'.repeat(10), 'open', 'ten of twenty are half'],
  ['SSF'.repeat(20), 'closed', 'a third is not half'],
  ['SF'.repeat(9) + 'I'.repeat(100), 'closed', 'ignored calls do not make up the twenty'],
  ['S'.repeat(20) + 'SF'.repeat(9), 'closed', 'nine of thirty-eight are not half'],
])('%s leaves it %s: %s', (outcomes, state) => {
  run(outcomes);
  expect(breaker.state).toBe(state);
});

test('it says why it opened', () => {
  run('FFFFF');
  run('F');
  expect(changes).toEqual([
    { from: 'closed', to: 'open', cause: 'failures-in-a-row', failures: 5, requests: 0, openForMs: 5_000 },
  ]);
  changes = [];
  breaker = make();
  run('SF'.repeat(10));
  expect(changes).toEqual([
    { from: 'closed', to: 'open', cause: 'failure-ratio', failures: 10, requests: 20, openForMs: 5_000 },
  ]);
});

test('failures older than the window are forgotten', () => {
  run('SF'.repeat(9));
  nowMs += SETTINGS.windowMs;
  run('SF');
  expect(breaker.state).toBe('closed');
});

test('failures of calls that outlive the window are seen when they end', () => {
  breaker = make({ consecutiveFailures: 1_000 });
  const permits = Array.from({ length: 20 }, () => breaker.tryAcquire());
  nowMs += 2 * SETTINGS.windowMs;
  for (const permit of permits) breaker.settle(permit, 'failure');
  expect(breaker.state).toBe('open');
});

test('calls count at dispatch: those under way are no failures yet', () => {
  breaker = make({ consecutiveFailures: 1_000 });
  const permits = Array.from({ length: 40 }, () => breaker.tryAcquire());
  for (const permit of permits.slice(0, 19)) breaker.settle(permit, 'failure');
  expect(breaker.state).toBe('closed');
  breaker.settle(permits[19] ?? 0, 'failure');
  expect(breaker.state).toBe('open');
});

test('open, it lets nothing through until its time is over', () => {
  run('FFFFF');
  expect([breaker.tryAcquire(), breaker.canAcquire(), breaker.retryInMs()]).toEqual([0, false, 5_000]);
  nowMs += 4_999;
  expect([breaker.tryAcquire(), breaker.canAcquire(), breaker.retryInMs()]).toEqual([0, false, 1]);
  nowMs += 1;
  expect([breaker.canAcquire(), breaker.retryInMs(), breaker.state]).toEqual([true, 0, 'open']);
});

test('half-open, two probes are under way at a time and no third', () => {
  openAndWait();
  const [first, second, third] = [breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()];
  expect([first > 0, second > 0, third, breaker.state]).toEqual([true, true, 0, 'half-open']);
  expect([breaker.canAcquire(), breaker.retryInMs()]).toEqual([false, 1_000]);
  breaker.settle(first, 'success');
  expect(breaker.canAcquire()).toBe(true);
});

test('two served probes close it', () => {
  openAndWait();
  run('S');
  expect(breaker.state).toBe('half-open');
  run('S');
  expect(breaker.state).toBe('closed');
  expect(changes.map(({ to, cause }) => `${to}: ${cause}`)).toEqual([
    'open: failures-in-a-row',
    'half-open: probing',
    'closed: probes-succeeded',
  ]);
});

test('one failed probe opens it for twice as long, up to the bound', () => {
  openAndWait();
  for (let reopening = 0; reopening < 8; reopening += 1) {
    run('F');
    nowMs += breaker.retryInMs();
  }
  expect(changes.filter(({ to }) => to === 'open').map(({ openForMs }) => (openForMs ?? 0) / 1000)).toEqual([
    5, 10, 20, 40, 80, 160, 300, 300, 300,
  ]);
});

test('a served probe before the failed one does not save it', () => {
  openAndWait();
  run('SF');
  expect(breaker.state).toBe('open');
});

test('ignored probes release their place: half-open never gets stuck', () => {
  openAndWait();
  run('I'.repeat(100));
  expect(breaker.state).toBe('half-open');
  run('SS');
  expect(breaker.state).toBe('closed');
});

test('up to a tenth is added to each open time, so that processes do not probe in lockstep', () => {
  jitter = 0.999;
  run('FFFFF');
  expect(breaker.retryInMs()).toBeCloseTo(5_499.5, 1);
});

test('after a recovery that lasts the open time starts from the first again', () => {
  openAndWait();
  run('F');
  nowMs += breaker.retryInMs();
  run('SS');
  nowMs += SETTINGS.windowMs;
  run('FFFFF');
  expect(changes.at(-1)?.openForMs).toBe(5_000);
});

test('one that opens again right after it closed goes on doubling', () => {
  openAndWait();
  run('SS');
  run('FFFFF');
  expect(changes.at(-1)?.openForMs).toBe(10_000);
});

test('a permit from before a change of state counts for nothing', () => {
  const [early, late] = [breaker.tryAcquire(), breaker.tryAcquire()];
  run('FFFFF');
  breaker.settle(early, 'success');
  expect(breaker.state).toBe('open');
  nowMs += 5_000;
  run('S');
  breaker.settle(late, 'failure');
  expect(breaker.state).toBe('half-open');
  run('S');
  expect(breaker.state).toBe('closed');
});

test('failures of calls from before it opened do not count after it closed', () => {
  breaker = make({ halfOpenProbes: 1 });
  const old = Array.from({ length: 9 }, () => breaker.tryAcquire());
  openAndWait();
  run('S');
  for (const permit of old) breaker.settle(permit, 'failure');
  expect(breaker.state).toBe('closed');
});

test('a probe of an earlier half-open time that fails late does not reopen a later one', () => {
  openAndWait();
  const [failing, late] = [breaker.tryAcquire(), breaker.tryAcquire()];
  breaker.settle(failing, 'failure');
  nowMs += breaker.retryInMs();
  run('S');
  breaker.settle(late, 'failure');
  expect(breaker.state).toBe('half-open');
  run('S');
  expect(breaker.state).toBe('closed');
});

test('a probe that hangs over a reopening holds its place until it is settled', () => {
  openAndWait();
  const [failing, hanging] = [breaker.tryAcquire(), breaker.tryAcquire()];
  breaker.settle(failing, 'failure');
  nowMs += breaker.retryInMs();
  expect([breaker.tryAcquire() > 0, breaker.tryAcquire()]).toEqual([true, 0]);
  breaker.settle(hanging, 'success');
  expect([breaker.state, breaker.tryAcquire() > 0]).toEqual(['half-open', true]);
});

test('streams that break after they were settled as served open it', () => {
  for (let stream = 0; stream < 20; stream += 1) {
    run('S');
    breaker.noteFailure();
  }
  expect(changes.map(({ cause }) => cause)).toEqual(['failure-ratio']);
});

test('a probe stream that breaks after its first content reopens it; one from before does not', () => {
  openAndWait();
  const permit = breaker.tryAcquire();
  breaker.noteFailure();
  expect(breaker.state).toBe('half-open');
  breaker.settle(permit, 'success');
  breaker.noteFailure();
  expect(breaker.state).toBe('open');
});

test('as the least bad of open ones it gets two trials within the open time of the config', () => {
  run('FFFFF');
  nowMs += 100;
  const trials = [breaker.tryAcquireLeastBad(), breaker.tryAcquireLeastBad(), breaker.tryAcquireLeastBad()];
  expect(trials.map((permit) => permit > 0)).toEqual([true, true, false]);
  for (const permit of trials.slice(0, 2)) breaker.settle(permit, 'failure');
  expect([breaker.state, changes.length, breaker.tryAcquireLeastBad()]).toEqual(['open', 1, 0]);
});

test('trials and probes together are no more than two within the open time, however long it is open', () => {
  openAndWait();
  const startMs = nowMs;
  const sent: number[] = [];
  // Its probes fail until it stays open for minutes; every 50 ms somebody asks.
  for (; nowMs < startMs + 600_000; nowMs += 50) {
    const permit = breaker.tryAcquireLeastBad();
    if (permit === 0) continue;
    sent.push(nowMs);
    breaker.settle(permit, 'failure');
  }
  // Two at the end of one open time and two at the start of the next, but never more.
  const crowded = sent.filter((atMs, index) => (sent[index + 4] ?? Infinity) - atMs < SETTINGS.openForMs);
  expect(crowded).toEqual([]);
  expect(sent.length).toBeGreaterThan(200);
  expect(sent.length).toBeLessThanOrEqual(2 * (600_000 / SETTINGS.openForMs + 1));
});

test('after failed trials it is not probed within the same open time', () => {
  run('FFFFF');
  nowMs += 4_000;
  for (let trial = 0; trial < 2; trial += 1) breaker.settle(breaker.tryAcquireLeastBad(), 'failure');
  nowMs += 1_000;
  expect([breaker.tryAcquireLeastBad(), breaker.retryInMs()]).toEqual([0, 4_000]);
  nowMs += 4_000;
  expect([breaker.tryAcquire() > 0, breaker.state]).toEqual([true, 'half-open']);
});

test('a served trial makes it half-open at once, and counts', () => {
  run('FFFFF');
  breaker.settle(breaker.tryAcquireLeastBad(), 'success');
  expect(breaker.state).toBe('half-open');
  run('S');
  expect(breaker.state).toBe('closed');
});

test('held open by a person it gives no permit, not even as the least bad', () => {
  breaker.force('open');
  expect([breaker.tryAcquire(), breaker.tryAcquireLeastBad(), breaker.canAcquire()]).toEqual([0, 0, false]);
  nowMs += 1e9;
  expect([breaker.tryAcquire(), breaker.retryInMs(), breaker.forced]).toEqual([0, 5_000, 'open']);
});

test('held closed by a person it lets everything through, however much fails', () => {
  run('FFFFF');
  breaker.force('closed');
  run('F'.repeat(100));
  breaker.noteFailure();
  expect([breaker.state, breaker.canAcquire()]).toEqual(['closed', true]);
});

test('lifted from open it is probed first; lifted from closed it starts to count', () => {
  breaker.force('open');
  breaker.force(null);
  expect(breaker.state).toBe('half-open');
  run('SS');
  breaker.force('closed');
  run('FFFF');
  breaker.force(null);
  run('F');
  expect(breaker.state).toBe('closed');
  expect(changes.map(({ from, to, cause }) => `${from} ${to} ${cause}`)).toEqual([
    'closed open forced',
    'open half-open force-lifted',
    'half-open closed probes-succeeded',
    'closed closed forced',
    'closed closed force-lifted',
  ]);
});

test('a reload keeps the state and takes the new bounds', () => {
  run('FFFF');
  breaker.reconfigure({ ...SETTINGS, consecutiveFailures: 9 });
  run('FFFF');
  expect(breaker.state).toBe('closed');
  run('F');
  expect(breaker.state).toBe('open');
  breaker.reconfigure({ ...SETTINGS, openForMs: 100, maxOpenForMs: 1_000 });
  expect(breaker.retryInMs()).toBeCloseTo(1_100, 3);
});

test('a reload that changes the window forgets what lay in the old one', () => {
  const permit = breaker.tryAcquire();
  run('SF'.repeat(9));
  breaker.reconfigure({ ...SETTINGS, windowMs: 1_000 });
  breaker.settle(permit, 'failure');
  run('SF');
  expect(breaker.state).toBe('closed');
});
