import { expect, test } from 'vitest';
import { classifyFailure, type FailureFault } from './classify-failure.js';

const of = (
  status: number,
  extra: { quotaExhausted?: boolean; credentialRejected?: boolean } = {},
): FailureFault =>
  classifyFailure({ status, code: '', quotaExhausted: false, credentialRejected: false, ...extra });

test.each<[FailureFault, number[]]>([
  ['client', [400, 413, 415, 422]],
  ['credential', [401, 402, 403]],
  ['mapping', [404]],
  ['limits', [429]],
  ['provider', [408, 409, 500, 502, 503, 504, 529, 599, 425, 418]],
])('%s answers for %j', (fault, statuses) => {
  for (const status of statuses) expect([status, of(status)]).toEqual([status, fault]);
});

test('a used-up quota is the credential, not the rate, so that it is never waited out', () => {
  expect(of(429, { quotaExhausted: true })).toBe('credential');
});

test('a bad provider key that is answered with 400 is not blamed on the client', () => {
  expect(of(400, { credentialRejected: true })).toBe('credential');
});

test('what an operator says of a provider goes before everything else, a code before a status', () => {
  const failure = {
    status: 409,
    code: 'insufficient_balance',
    quotaExhausted: false,
    credentialRejected: true,
  };
  expect(classifyFailure(failure, { insufficient_balance: 'limits', 409: 'client' })).toBe('limits');
  expect(classifyFailure(failure, { 409: 'client' })).toBe('client');
  expect(classifyFailure({ ...failure, code: 'constructor' }, {})).toBe('credential');
});
