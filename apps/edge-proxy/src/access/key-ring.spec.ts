import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatewayError } from '@sluice/contracts';
import type { Caller } from './caller.js';
import { KeyRing } from './key-ring.js';

const callerOf = (keyName: string, expiresAtMs = Infinity): Caller => ({
  keyId: `config:${keyName}`,
  keyName,
  teamId: 'default',
  expiresAtMs,
  mayUse: () => true,
  json: '',
});
const NOW = 1_000_000;
const GOOD = 'sk-good-0123456789-0123456789';
const OTHER = 'sk-other-0123456789-012345678';
const ring = new KeyRing([
  { key: GOOD, caller: callerOf('good') },
  { key: OTHER, caller: callerOf('other', NOW) },
]);

function refusalOf(headers: Record<string, string>, nowMs = NOW): GatewayError {
  try {
    ring.identify(headers, nowMs);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('let in');
}

test('a key finds its caller, the first time and from memory', () => {
  for (let times = 0; times < 3; times += 1) {
    expect(ring.identify({ authorization: `Bearer ${GOOD}` }, NOW).keyName).toBe('good');
    expect(ring.identify({ 'api-key': OTHER }, NOW - 1).keyName).toBe('other');
  }
});

test('a key that expires is refused from that millisecond on, also when it was remembered', () => {
  expect(ring.identify({ 'x-api-key': OTHER }, NOW - 1).keyName).toBe('other');
  expect(refusalOf({ 'x-api-key': OTHER }, NOW).code).toBe('invalid_api_key');
});

test('unknown and expired keys get the very same answer', () => {
  const [unknown, expired, long] = ['sk-unknown-0123456789-0123456', OTHER, 'x'.repeat(10_000)].map((key) =>
    refusalOf({ 'x-api-key': key }),
  );
  expect(unknown).toMatchObject({ code: 'invalid_api_key', status: 401 });
  expect([expired!.message, long!.message]).toEqual([unknown!.message, unknown!.message]);
});

test('what was sent is never in the message', () => {
  for (const headers of [{ 'x-api-key': 'sk-typo' }, { 'x-api-key': 'sk-typo', 'api-key': 'sk-typo2' }]) {
    expect(refusalOf(headers).message).not.toContain('sk-typo');
  }
});

test('no other text is let in: not a part, not a neighbour, not another case', () => {
  const near = [GOOD.slice(1), GOOD.slice(0, -1), `${GOOD}0`, ` ${GOOD}`, GOOD.toUpperCase(), `${GOOD}\0`];
  for (const key of near) expect(refusalOf({ 'x-api-key': key }).code).toBe('invalid_api_key');
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (key) => {
      expect(refusalOf({ 'x-api-key': key }).code).toBe('invalid_api_key');
    }),
  );
});

test('an empty ring lets nobody in', () => {
  expect(() => new KeyRing([]).identify({ 'x-api-key': GOOD }, NOW)).toThrow(GatewayError);
});
