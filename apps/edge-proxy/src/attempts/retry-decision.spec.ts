import type { FailureFault } from '@sluice/resilience';
import { describe, expect, test } from 'vitest';
import type { AttemptFailure } from './attempt-failure.js';
import { coolingMs, isWorthMore, toFinalAnswer } from './retry-decision.js';

const BODY = Buffer.from('{"error":{"message":"theirs"}}');
const failure = (fault: FailureFault, change: Partial<AttemptFailure> = {}): AttemptFailure => ({
  fault,
  reason: 'it answered 499',
  errorCode: 'invalid_request',
  attemptCode: 'request_refused',
  status: 499,
  pass:
    fault === 'client' || fault === 'mapping'
      ? { status: 499, body: BODY, isRelayed: true, event: '' }
      : null,
  detail: 'the words of the provider',
  retryAfterMs: null,
  isSent: true,
  isOurs: false,
  scope: 'route',
  isQuota: false,
  reroute: null,
  ...change,
});

describe('whether anybody else is asked', () => {
  test('a request that is itself at fault fails everywhere: no', () => {
    expect(isWorthMore(failure('client'), () => true)).toBe(false);
  });

  test.each([true, false])(
    'unless its model names another one for just that, and there is one: %s',
    (hasOne) => {
      expect(isWorthMore(failure('client', { reroute: 'contextWindow' }), () => hasOne)).toBe(hasOne);
    },
  );

  test.each<FailureFault>(['credential', 'mapping', 'limits', 'provider'])('%s: yes', (fault) => {
    expect(isWorthMore(failure(fault), () => false)).toBe(true);
  });
});

describe('how long a credential cools down', () => {
  const by = {
    retry: {
      maxAttempts: 3,
      initialBackoffMs: 200,
      multiplier: 2,
      maxBackoffMs: 5_000,
      jitter: 'none',
      budgetRatio: 0.2,
      maxRetryAfterWaitMs: 5_000,
    },
    random: () => 0.5,
  } as const;

  test('as long as the provider says, an hour or not at all', () => {
    expect(coolingMs(failure('limits', { retryAfterMs: 3_600_000 }), 1, by)).toBe(3_600_000);
    expect(coolingMs(failure('limits', { retryAfterMs: 0 }), 1, by)).toBe(0);
  });

  test('without its word a backoff that doubles with each rate limit in a row, up to the longest one', () => {
    expect([1, 2, 3, 1_000_000].map((inRow) => coolingMs(failure('limits'), inRow, by))).toEqual([
      200, 400, 800, 5_000,
    ]);
  });

  test('without money at least a minute, whatever the hint', () => {
    const spent = failure('credential', { isQuota: true, retryAfterMs: 1_000 });
    expect(coolingMs(spent, 1, by)).toBe(60_000);
  });
});

describe('what the client gets in the end', () => {
  test.each<FailureFault>(['client', 'mapping'])("%s: the provider's status and body", (fault) => {
    expect(toFinalAnswer('m', [failure('provider'), failure(fault)], null)).toEqual({
      kind: 'pass',
      status: 499,
      body: BODY,
      isRelayed: true,
      event: '',
    });
  });

  test("our credential: neither the provider's status nor its words", () => {
    const final = toFinalAnswer('m', [failure('credential', { status: 401 })], null);
    expect(final).toMatchObject({
      kind: 'error',
      error: { code: 'provider_credential_rejected', status: 502 },
    });
    expect(final.kind === 'error' ? final.error.message : '').not.toContain('words');
  });

  test.each([
    [2_100, 3],
    [0, 1],
    [null, 1],
  ])('limits: when a route may be called again (%s ms), in whole seconds: %s', (soonestMs, seconds) => {
    const final = toFinalAnswer('m', [failure('limits')], soonestMs);
    expect(final).toMatchObject({
      kind: 'error',
      error: { code: 'provider_rate_limited', retryAfterSeconds: seconds },
    });
  });

  test('the provider: 502 with our own reason', () => {
    const final = toFinalAnswer('my "model"', [failure('limits'), failure('provider')], null);
    expect(final).toMatchObject({ kind: 'error', error: { code: 'all_providers_failed', status: 502 } });
    const message = final.kind === 'error' ? final.error.message : '';
    expect(message).toContain('it answered 499');
    expect(message).not.toContain('words');
  });
});
