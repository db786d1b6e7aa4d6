import { CircuitBreaker, RetryBudget } from '@sluice/resilience';
import { expect, test } from 'vitest';
import { failureOf } from '../__fixtures__/test-walk.js';
import { CredentialHealth, ProviderHealth, RouteHealth } from './route-health.js';

const SETTINGS = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minRequests: 20,
  windowMs: 30_000,
  openForMs: 5_000,
  maxOpenForMs: 300_000,
  halfOpenProbes: 2,
};

function start() {
  let nowMs = 0;
  const now = (): number => nowMs;
  const makeBreaker = () => new CircuitBreaker({ settings: SETTINGS, now, random: () => 0 });
  const provider = new ProviderHealth(makeBreaker(), new RetryBudget({ ratio: 0.2, now }));
  const health = new RouteHealth({ breaker: makeBreaker(), provider, credential: new CredentialHealth(now) });
  const call = () => {
    const permit = health.acquire();
    if (permit === null) throw new Error('refused');
    return permit;
  };
  return { health, call, advance: (ms: number) => (nowMs += ms) };
}

test('a probe that the provider’s breaker refuses is given back to the route’s', () => {
  const { health, call, advance } = start();
  for (let failure = 0; failure < 5; failure += 1) call().fail(failureOf());
  advance(6_000);
  health.provider.breaker.force('open');
  for (let refused = 0; refused < 5; refused += 1) expect(health.acquire()).toBeNull();
  health.provider.breaker.force(null);
  expect(health.acquire()).not.toBeNull();
});

test('streams that break after their first content open the breaker as well', () => {
  const { health, call } = start();
  for (let stream = 0; stream < 5; stream += 1) {
    const permit = call();
    permit.begin();
    permit.fail(failureOf());
  }
  expect(health.breaker.state).toBe('open');
});

test('a stream that came to its end ends a row of failures', () => {
  const { health, call } = start();
  for (let stream = 0; stream < 30; stream += 1) {
    const permit = call();
    permit.begin();
    if (stream % 5 === 4) permit.succeed();
    else if (stream % 5 > 2) permit.fail(failureOf());
    else permit.release();
  }
  expect(health.breaker.state).toBe('closed');
});

test('a call that was given up is neither, and whatever comes after it changes nothing', () => {
  const { health, call } = start();
  for (let given = 0; given < 100; given += 1) {
    const permit = call();
    permit.release();
    permit.fail(failureOf({ scope: 'provider', status: null }));
  }
  expect([health.breaker.state, health.provider.breaker.state]).toEqual(['closed', 'closed']);
});

test('who answers at all is reachable: 503s open the route’s breaker, never the provider’s', () => {
  const { health, call } = start();
  for (let failure = 0; failure < 5; failure += 1) call().fail(failureOf({ status: 503 }));
  expect([health.breaker.state, health.provider.breaker.state]).toEqual(['open', 'closed']);
});

test('serving ends a row of rate limits', () => {
  const { health, call } = start();
  health.credential.onRateLimit();
  health.credential.onRateLimit();
  call().succeed();
  expect(health.credential.rateLimitsInRow).toBe(0);
});
