import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extractCredential } from './extract-credential.js';

const key = (text: string) => ({ kind: 'key', key: text });
const NONE = { kind: 'none' };
const AMBIGUOUS = { kind: 'ambiguous' };

test.each<[string, IncomingHttpHeaders, object]>([
  ['nothing', {}, NONE],
  ['Bearer', { authorization: 'Bearer k' }, key('k')],
  ['bearer, several blanks', { authorization: 'bEaReR   k' }, key('k')],
  ['a tab instead of a blank', { authorization: 'Bearer\tk' }, NONE],
  ['Bearer without a token', { authorization: 'Bearer ' }, NONE],
  ['Bearer alone', { authorization: 'Bearer' }, NONE],
  ['Basic', { authorization: 'Basic k' }, NONE],
  ['a bare token', { authorization: 'k' }, NONE],
  ['Bearerk', { authorization: 'Bearerk' }, NONE],
  ['x-api-key', { 'x-api-key': 'k' }, key('k')],
  ['api-key', { 'api-key': 'k' }, key('k')],
  ['the same key three times', { authorization: 'Bearer k', 'x-api-key': 'k', 'api-key': 'k' }, key('k')],
  ['Bearer and another x-api-key', { authorization: 'Bearer k', 'x-api-key': 'l' }, AMBIGUOUS],
  ['x-api-key and another api-key', { 'x-api-key': 'k', 'api-key': 'l' }, AMBIGUOUS],
  ['another scheme beside x-api-key', { authorization: 'Basic dTpw', 'x-api-key': 'k' }, key('k')],
  ['an empty x-api-key', { 'x-api-key': '' }, NONE],
  ['other names', { 'x-goog-api-key': 'k', cookie: 'api-key=k', api_key: 'k' }, NONE],
])('%s', (_, headers, expected) => {
  expect(extractCredential(headers)).toEqual(expected);
});

test('whatever stands in the headers, it never throws and finds only what was sent there', () => {
  const text = fc.option(fc.oneof(fc.string(), fc.constantFrom('Bearer k', 'bearer  k', 'k', '')), {
    nil: undefined,
  });
  fc.assert(
    fc.property(text, text, text, (authorization, xApiKey, apiKey) => {
      const found = extractCredential({ authorization, 'x-api-key': xApiKey, 'api-key': apiKey });
      const sent = [authorization, xApiKey, apiKey].filter((value) => value !== undefined);
      if (found.kind === 'key') {
        expect(found.key).not.toBe('');
        expect(sent.some((value) => value.endsWith(found.key))).toBe(true);
      }
      if (sent.length <= 1) expect(found.kind).not.toBe('ambiguous');
    }),
    { numRuns: 2000 },
  );
});
