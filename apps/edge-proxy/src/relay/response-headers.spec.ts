import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeTestExchange } from '../__fixtures__/test-exchange.js';
import { answerHeaders } from './response-headers.js';

/** The flat list as pairs. */
const pairs = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])));

test('before any attempt an answer tells its type and request id, nothing of providers', async () => {
  const exchange = await makeTestExchange();
  expect(pairs(answerHeaders(exchange, 'application/json'))).toEqual({
    'content-type': 'application/json',
    'x-request-id': 'label',
  });
});

test('afterwards it tells who served, under what name, and how many were tried', async () => {
  const exchange = await makeTestExchange();
  exchange.target = exchange.model?.routes['chat.completions'][0] ?? null;
  exchange.attemptsBegun = 2;
  expect(pairs(answerHeaders(exchange, 'application/json'))).toMatchObject({
    'x-sluice-provider': 'p1',
    'x-sluice-model': 'upstream-p1',
    'x-sluice-attempts': '2',
  });
});

test.each(['a b', 'ünïcode/模型', 'x\ud800y', 'a%b', '"', 'tab\there'])(
  'the provider’s model %j makes a header that node and clients take',
  async (providerModel) => {
    const exchange = await makeTestExchange();
    const [target] = exchange.model?.routes['chat.completions'] ?? [];
    if (target === undefined) throw new Error('no target');
    exchange.target = { ...target, providerModel };
    const value = pairs(answerHeaders(exchange, 'x'))['x-sluice-model'] ?? '';
    expect(() => validateHeaderValue('x-sluice-model', value)).not.toThrow();
    expect(value).toMatch(/^[\x20-\x7e]+$/);
  },
);

const CASES = Number(process.env['SLUICE_VERIFY_HEADER_SETS'] ?? 20_000);
const NAMES = [
  ...[
    'content-type',
    'x-request-id',
    'request-id',
    'x-sluice-provider',
    'x-sluice-model',
    'x-sluice-attempts',
  ],
];

test(`whatever the names of models (${CASES} of them), an answer has our headers alone, in values that end no line`, async () => {
  const exchange = await makeTestExchange();
  const [target] = exchange.model?.routes['chat.completions'] ?? [];
  if (target === undefined) throw new Error('no target');
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('\r', '\n', '\0', '%', ' ', '\ud800', '\u560a'), maxLength: 12 }),
  );
  fc.assert(
    fc.property(name, (providerModel) => {
      exchange.target = { ...target, providerModel };
      const headers = pairs(answerHeaders(exchange, 'application/json'));
      expect(NAMES).toEqual(expect.arrayContaining(Object.keys(headers)));
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
    }),
    { numRuns: CASES },
  );
});
