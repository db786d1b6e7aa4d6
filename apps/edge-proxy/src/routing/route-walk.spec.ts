import { describe, expect, test } from 'vitest';
import {
  fail,
  failureOf,
  nameOf,
  nextCall,
  PROVIDERS,
  recordOf,
  route,
  startTestRouting,
  stepOf,
} from '../__fixtures__/test-walk.js';

const NO_JITTER = { initialBackoff: '200ms', maxBackoff: '5s', jitter: 'none' };

/** Opens for nothing that these tests do. */
const PATIENT = { consecutiveFailures: 1000, minRequests: 1000 };

const routing = (model: object, more: object = {}) =>
  startTestRouting({ providers: PROVIDERS, models: { m: model }, retry: NO_JITTER, ...more });

describe('the order', () => {
  test('each route once, in the order of the file, and at once', async () => {
    const { walk } = await routing({ routes: [route('b'), route('a'), route('c')] });
    const one = walk('m');
    const called = [];
    for (let call = 0; call < 3; call += 1) {
      const step = nextCall(one);
      called.push(nameOf(step.route));
      fail(one, step);
    }
    expect(called).toEqual(['b/x', 'a/x', 'c/x']);
  });

  test('a route again only after every other one, after a backoff', async () => {
    const { walk } = await routing(
      { routes: [route('a'), route('b')] },
      { retry: { ...NO_JITTER, maxAttempts: 5 } },
    );
    const one = walk('m');
    fail(one, nextCall(one));
    fail(one, nextCall(one));
    expect(stepOf(one)).toBe('wait 200 for a/x');
    const third = nextCall(one);
    expect(nameOf(third.route)).toBe('a/x');
    fail(one, third);
    expect(stepOf(one)).toBe('wait 200 for b/x');
    fail(one, nextCall(one));
    expect(stepOf(one)).toBe('wait 400 for a/x');
  });

  test('never more calls than maxAttempts', async () => {
    const { walk } = await routing(
      { routes: [route('a'), route('b'), route('c')] },
      { retry: { maxAttempts: 2 } },
    );
    const one = walk('m');
    fail(one, nextCall(one));
    fail(one, nextCall(one));
    expect(stepOf(one)).toBe('end');
  });

  test('fallback models come after the routes of the model, their own fallbacks after them, none twice', async () => {
    const { walk } = await startTestRouting({
      providers: PROVIDERS,
      models: {
        m: { routes: [route('a')], fallbacks: ['n', 'o'] },
        n: { routes: [route('b', 'n')], fallbacks: ['p'] },
        o: { routes: [route('b', 'o')], fallbacks: ['p'] },
        p: { routes: [route('c', 'p')] },
      },
      retry: { ...NO_JITTER, maxAttempts: 9 },
    });
    const one = walk('m');
    const called = [];
    for (let call = 0; call < 4; call += 1) {
      const step = nextCall(one);
      called.push(nameOf(step.route));
      fail(one, step);
    }
    expect(called).toEqual(['a/x', 'b/n', 'b/o', 'c/p']);
    expect(stepOf(one)).toBe('wait 200 for a/x');
  });

  test('a backoff that the deadline would end is not begun', async () => {
    const { walk } = await routing({ routes: [route('a')] });
    const one = walk('m');
    fail(one, nextCall(one));
    expect(stepOf(one, 199)).toBe('end');
  });
});

describe('what was not sent', () => {
  test('is not counted, once for each route', async () => {
    const { walk } = await routing({ routes: [route('a')] }, { retry: { ...NO_JITTER, maxAttempts: 1 } });
    const one = walk('m');
    const refused = { isSent: false, status: null, scope: 'provider' } as const;
    fail(one, nextCall(one), refused);
    expect(stepOf(one)).toBe('wait 200 for a/x');
    fail(one, nextCall(one), refused);
    expect(stepOf(one)).toBe('end');
  });

  test('is tried again although the retry budget is used up', async () => {
    const { walk } = await routing(
      { routes: [route('a')] },
      { retry: { ...NO_JITTER, budgetRatio: 0 }, circuitBreaker: PATIENT },
    );
    for (let repeat = 0; repeat < 3; repeat += 1) {
      const spent = walk('m');
      fail(spent, nextCall(spent));
      expect(stepOf(spent)).toMatch('wait');
    }
    const sent = walk('m');
    fail(sent, nextCall(sent));
    expect(stepOf(sent)).toBe('end');
    const unsent = walk('m');
    fail(unsent, nextCall(unsent), { isSent: false, status: null });
    expect(stepOf(unsent)).toMatch('wait');
  });
});

describe('the retry budget', () => {
  test('a failover to another healthy provider is not charged, one to another model of the same is', async () => {
    const { walk } = await routing(
      { routes: [route('a', 'x'), route('a', 'y'), route('b')] },
      {
        retry: { ...NO_JITTER, budgetRatio: 0, maxAttempts: 10 },
        circuitBreaker: { consecutiveFailures: 1000, minRequests: 1000 },
      },
    );
    const called = [];
    for (let request = 0; request < 5; request += 1) {
      const one = walk('m');
      const step = nextCall(one);
      fail(one, step);
      called.push(nameOf(nextCall(one).route));
    }
    expect(called).toEqual(['a/y', 'a/y', 'a/y', 'b/x', 'b/x']);
  });

  test('a request that may not repeat is ended at once, never queued', async () => {
    const { walk } = await routing({ routes: [route('a')] }, { retry: { ...NO_JITTER, budgetRatio: 0 } });
    const steps = [];
    for (let request = 0; request < 4; request += 1) {
      const one = walk('m');
      fail(one, nextCall(one));
      steps.push(stepOf(one));
    }
    expect(steps).toEqual(['wait 200 for a/x', 'wait 200 for a/x', 'wait 200 for a/x', 'end']);
    const record = recordOf(walk('m'));
    expect(record.candidates).toMatchObject([{ provider: 'a', order: 1, filtered: null }]);
  });
});

describe('a breaker that is open', () => {
  const broken = async (model: object) => {
    const made = await routing(model, { circuitBreaker: { consecutiveFailures: 2, openFor: '5s' } });
    for (let request = 0; request < 2; request += 1) {
      const one = made.walk('m');
      fail(one, nextCall(one));
    }
    return made;
  };

  test('takes its route out of the plan, and says so in the record', async () => {
    const { walk, told } = await broken({ routes: [route('a'), route('b')] });
    const one = walk('m');
    expect(nameOf(nextCall(one).route)).toBe('b/x');
    expect(recordOf(one).candidates).toMatchObject([
      { provider: 'b', order: 1, filtered: null },
      { provider: 'a', order: null, filtered: 'breaker_open' },
    ]);
    expect(told).toMatchObject([
      { provider: 'a', providerModel: 'x', state: 'opened', reason: '2 failures in a row', isForced: false },
    ]);
  });

  test('when all are open a few requests may try the least bad one, the others hear 503 with the soonest time', async () => {
    const { walk } = await broken({ routes: [route('a')] });
    const tries = [walk('m'), walk('m')].map((one) => stepOf(one));
    expect(tries).toEqual(['call a/x', 'call a/x']);
    const third = walk('m');
    expect(stepOf(third)).toBe('end');
    const error = third.noRouteError();
    expect(error).toMatchObject({ code: 'no_healthy_route', status: 503 });
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(6);
  });

  test('lets probes through when its time is over, and closes after they succeeded', async () => {
    const { walk, advance, told } = await broken({ routes: [route('a')] });
    advance(6_000);
    for (let probe = 0; probe < 2; probe += 1) nextCall(walk('m')).permit.succeed();
    expect(told.map((change) => ('state' in change ? change.state : change.kind))).toEqual([
      'opened',
      'half-open',
      'closed',
    ]);
    expect(stepOf(walk('m'))).toBe('call a/x');
  });

  test('of a provider whose address refuses: all of its models are held back', async () => {
    const { walk } = await routing(
      { routes: [route('a', 'x'), route('a', 'y'), route('b')] },
      { circuitBreaker: { consecutiveFailures: 2 }, retry: { maxAttempts: 1 } },
    );
    for (let request = 0; request < 2; request += 1) {
      const one = walk('m');
      fail(one, nextCall(one), { scope: 'provider', status: null, isSent: false });
    }
    const next = walk('m');
    expect(nameOf(nextCall(next).route)).toBe('b/x');
    expect(recordOf(next).candidates.map(({ filtered }) => filtered)).toEqual([
      null,
      'breaker_open',
      'breaker_open',
    ]);
  });

  test.each([
    ["the client's fault", { fault: 'client', status: 400 }],
    ['a rate limit', { fault: 'limits', status: 429 }],
    ['our credential', { fault: 'credential', status: 401 }],
    ['our own machine at its limit', { isOurs: true, status: null }],
  ] as const)('is not opened by %s', async (_what, failure) => {
    const { walk, told } = await routing(
      { routes: [route('a')] },
      { circuitBreaker: { consecutiveFailures: 2, minRequests: 5 } },
    );
    for (let request = 0; request < 50; request += 1) {
      const one = walk('m');
      fail(one, nextCall(one), failure);
    }
    expect(told).toEqual([]);
  });
});

describe('a credential that cools down', () => {
  const limited = failureOf({ fault: 'limits', status: 429 });
  const cooled = async (model: object, ms: number, isQuota = false) => {
    const made = await routing(model);
    const one = made.walk('m');
    const step = nextCall(one);
    fail(one, step, { ...limited, isQuota, fault: isQuota ? 'credential' : 'limits' });
    made.health.cool(step.route.target, step.route.stats, { ms, isQuota });
    return { ...made, one };
  };

  test('the next route at once', async () => {
    const { one } = await cooled({ routes: [route('a'), route('b')] }, 60_000);
    expect(stepOf(one)).toBe('call b/x');
  });

  test('is waited out when nobody else is left and the wait is short', async () => {
    const { one, walk } = await cooled({ routes: [route('a')] }, 3_000);
    expect(stepOf(one)).toBe('wait 3300 for a/x');
    expect(stepOf(walk('m'))).toBe('wait 3300 for a/x');
  });

  test('is never tried early: a wait above maxRetryAfterWait, or beyond the deadline, is a 429 with the time', async () => {
    const { one, walk } = await cooled({ routes: [route('a')] }, 5_001);
    expect(stepOf(one)).toBe('end');
    const other = walk('m');
    expect(stepOf(other)).toBe('end');
    expect(other.noRouteError()).toMatchObject({
      code: 'provider_rate_limited',
      status: 429,
      retryAfterSeconds: 6,
    });
    const short = await cooled({ routes: [route('a')] }, 3_000);
    expect(stepOf(short.walk('m'), 2_999)).toBe('end');
  });

  test('cools all models of its provider, and a longer time extends a shorter one, never the other way', async () => {
    const { walk, health, advance, told } = await cooled(
      { routes: [route('a', 'x'), route('a', 'y')] },
      2_000,
    );
    expect(stepOf(walk('m'))).toBe('wait 2200 for a/x');
    const [cooldown] = told.filter((one) => 'credential' in one);
    if (cooldown === undefined || !('untilMs' in cooldown)) throw new Error('nobody was told');
    const { provider, credential, untilMs } = cooldown;
    health.applyRemoteCooldown({ provider, credential, untilMs: untilMs + 2_000 });
    expect(stepOf(walk('m'))).toBe('wait 4400 for a/x');
    health.applyRemoteCooldown({ provider, credential, untilMs: untilMs - 1_000 });
    expect(stepOf(walk('m'))).toBe('wait 4400 for a/x');
    advance(4_000);
    expect(stepOf(walk('m'))).toBe('call a/x');
  });

  test('whose time is put off again and again is not waited for without end', async () => {
    const { walk, health, advance } = await cooled({ routes: [route('a')] }, 1_000);
    const patient = walk('m');
    const steps = [];
    for (let wait = 0; wait < 5; wait += 1) {
      const step = patient.next(600_000);
      steps.push(step.kind);
      if (step.kind !== 'wait') break;
      advance(step.ms);
      health.cool(step.route.target, step.route.stats, { ms: 1_000, isQuota: false });
    }
    expect(steps).toEqual(['wait', 'wait', 'wait', 'end']);
  });

  test('an empty quota is not waited for, however short the wait', async () => {
    const { one } = await cooled({ routes: [route('a')] }, 1_000, true);
    expect(stepOf(one)).toBe('end');
  });
});
