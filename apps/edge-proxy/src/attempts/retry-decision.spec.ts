import type { FailureFault } from '@sluice/resilience';
import { describe, expect, test } from 'vitest';
import type { AttemptFailure } from './attempt-failure.js';
import { mayTryNext, toFinalAnswer } from './retry-decision.js';

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

describe('whether another route is tried', () => {
  test('a request that is itself at fault fails everywhere: no', () => {
    expect(mayTryNext(failure('client'), true, 5)).toBe(false);
  });

  test.each<FailureFault>(['credential', 'mapping', 'limits', 'provider'])(
    '%s: yes, while there is one',
    (fault) => {
      expect(mayTryNext(failure(fault), true, 1)).toBe(true);
      expect(mayTryNext(failure(fault), false, 1)).toBe(false);
      expect(mayTryNext(failure(fault), true, 0)).toBe(false);
    },
  );
});

describe('what the client gets in the end', () => {
  test.each<FailureFault>(['client', 'mapping'])("%s: the provider's status and body", (fault) => {
    expect(toFinalAnswer('m', [failure('provider'), failure(fault)])).toEqual({
      kind: 'pass',
      event: '',
      status: 499,
      body: BODY,
      isRelayed: true,
    });
  });

  test("our credential: neither the provider's status nor its words", () => {
    const final = toFinalAnswer('m', [failure('credential', { status: 401 })]);
    expect(final).toMatchObject({
      kind: 'error',
      error: { code: 'provider_credential_rejected', status: 502 },
    });
    expect(final.kind === 'error' ? final.error.message : '').not.toContain('words');
  });

  test('limits: the smallest hint of all attempts, in whole seconds, at least one', () => {
    const secondsAfter = (...hints: (number | null)[]): unknown => {
      const final = toFinalAnswer(
        'm',
        hints.map((retryAfterMs) => failure('limits', { retryAfterMs })),
      );
      return final.kind === 'error' ? [final.error.code, final.error.retryAfterSeconds] : final;
    };
    expect(secondsAfter(9_000, null, 2_100)).toEqual(['provider_rate_limited', 3]);
    expect(secondsAfter(0)).toEqual(['provider_rate_limited', 1]);
    expect(secondsAfter(null)).toEqual(['provider_rate_limited', 1]);
  });

  test('the provider: 502 with our own reason', () => {
    const final = toFinalAnswer('my "model"', [failure('limits'), failure('provider')]);
    expect(final).toMatchObject({ kind: 'error', error: { code: 'all_providers_failed', status: 502 } });
    const message = final.kind === 'error' ? final.error.message : '';
    expect(message).toContain('it answered 499');
    expect(message).not.toContain('words');
  });
});
