import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cloudEventSchema,
  NO_TOKENS,
  type RequestAttempt,
  type RequestCompleted,
  requestCompletedSchema,
} from '@sluice/contracts';
import { makeTestExchange } from '../__fixtures__/test-exchange.js';
import { type Ending, Exchange } from '../chat/exchange.js';
import { makeEventOrigin, recoverIntent, toIntentJson, toRequestEventJson } from './to-request-event.js';

const SPOOL_ID = '01a2057d-5cbf-7a38-b9d6-b1edee54b019';
const ORIGIN = makeEventOrigin('edge "1"\n', SPOOL_ID);

let template: Exchange;
beforeAll(async () => {
  template = await makeTestExchange();
});

/** A fresh exchange each time: facts are kept once they were written. */
function newExchange(): Exchange {
  const copy = new Exchange(template);
  copy.caller = template.caller;
  copy.model = template.model;
  copy.requestedModel = 'm';
  return copy;
}

const attempt = (changes: Partial<RequestAttempt> = {}): RequestAttempt => ({
  attemptId: `${template.eventId}.1`,
  provider: 'p1',
  providerModel: 'upstream-p1',
  startedMs: 1.23456,
  durationMs: 20.005,
  status: 200,
  errorCode: null,
  decision: 'served',
  tokens: { ...NO_TOKENS, input: 10, output: 5, cachedInput: 2 },
  costUsdNanos: 1500,
  usage: 'provider',
  ...changes,
});

function eventOf(exchange: Exchange, ending: Ending): RequestCompleted {
  const json = toRequestEventJson(exchange, ending, {
    origin: ORIGIN,
    spoolSeq: 3,
    nowMs: exchange.startedMs + 30,
  });
  const envelope = cloudEventSchema.strict().parse(JSON.parse(json));
  expect(envelope).toMatchObject({
    id: exchange.eventId,
    subject: exchange.eventId,
    source: '/sluice/edge/edge "1"\n',
    type: 'io.sluice.request.v1',
    time: '2026-09-21T14:13:20.000Z',
  });
  return requestCompletedSchema.strict().parse(envelope.data);
}

const ENDINGS: readonly Ending[] = [
  { outcome: 'succeeded', status: 200, errorCode: null, errorMessage: null },
  { outcome: 'failed', status: 502, errorCode: 'all_providers_failed', errorMessage: 'why' },
  { outcome: 'rejected', status: 400, errorCode: 'invalid_json', errorMessage: 'at 3' },
  { outcome: 'cancelled', status: 499, errorCode: 'client_closed_request', errorMessage: 'gone' },
];
const NASTY = [
  '"',
  '\\',
  '\n\r\t\b\f',
  '\0\u0001\u001f\u007f',
  '\u2028\u2029',
  'äöü€😀𝒳',
  '\ud800',
  'x\udc00y',
  '","outcome":"succeeded',
  '}}]',
  '</script>',
  '',
];

describe('the event', () => {
  test.each(ENDINGS)('of a $outcome request is a valid one', (ending) => {
    const exchange = newExchange();
    exchange.attempts.push(attempt());
    expect(eventOf(exchange, ending)).toMatchObject({ ...ending, spoolId: SPOOL_ID, spoolSeq: 3 });
  });

  test.each(NASTY)('carries %j through every text field unharmed', (text) => {
    for (const ending of ENDINGS) {
      const exchange = newExchange();
      exchange.requestedModel = text;
      exchange.user = text;
      exchange.attempts.push(attempt({ provider: text, providerModel: text }));
      const event = eventOf(exchange, { ...ending, errorMessage: text });
      expect(event).toMatchObject({ requestedModel: text, user: text, errorMessage: text });
      expect(event.attempts[0]).toMatchObject({ provider: text, providerModel: text });
    }
  });

  test('carries any text unharmed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: 'grapheme' }),
        (user, message) => {
          const exchange = newExchange();
          exchange.user = user;
          const event = eventOf(exchange, { ...ENDINGS[1]!, errorMessage: message });
          expect([event.user, event.errorMessage]).toEqual([user, message]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('sums tokens and cost over its attempts, each kind of token', () => {
    const exchange = newExchange();
    const tokens = { input: 1, output: 2, cachedInput: 3, cacheWrite: 4, reasoning: 5, audio: 6, image: 7 };
    exchange.attempts.push(attempt({ tokens }), attempt({ tokens, costUsdNanos: 7 }), attempt({ tokens }));
    const event = eventOf(exchange, ENDINGS[0]!);
    expect(event.tokens).toEqual({
      input: 3,
      output: 6,
      cachedInput: 9,
      cacheWrite: 12,
      reasoning: 15,
      audio: 18,
      image: 21,
    });
    expect(event.costUsdNanos).toBe(3007);
  });

  test('of a request without an attempt has no provider, no price and no cost', () => {
    expect(eventOf(newExchange(), ENDINGS[2]!)).toMatchObject({
      provider: null,
      providerModel: null,
      priceSource: 'none',
      attempts: [],
      tokens: NO_TOKENS,
      costUsdNanos: 0,
      timing: { queueMs: 0, overheadMs: 30, firstTokenMs: null, totalMs: 30 },
    });
  });

  test('never tells negative times', () => {
    const exchange = newExchange();
    exchange.upstreamMs = 1000;
    expect(eventOf(exchange, ENDINGS[0]!).timing.overheadMs).toBe(0);
  });

  test.each([
    [`00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`, 'ab'.repeat(16)],
    [`00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01-more`, 'ab'.repeat(16)],
    [`00-${'AB'.repeat(16)}-${'cd'.repeat(8)}-01`, null],
    ['nonsense', null],
    ['', null],
  ])('traceparent %j gives the trace id %j', async (traceparent, traceId) => {
    const exchange = await makeTestExchange({ traceparent });
    expect(eventOf(exchange, ENDINGS[0]!).traceId).toBe(traceId);
  });

  test('cuts a model’s name that is too long for any model', () => {
    const exchange = newExchange();
    exchange.requestedModel = 'x'.repeat(100_000);
    expect(eventOf(exchange, ENDINGS[2]!).requestedModel).toHaveLength(256);
  });
});

describe('the intent', () => {
  const recovered = (exchange: Exchange): RequestCompleted => {
    const { subject, eventJson } = recoverIntent(toIntentJson(exchange, ORIGIN), {
      spoolId: SPOOL_ID,
      spoolSeq: 9,
    });
    expect(subject).toBe('sluice.v1.request.unknown');
    const envelope = cloudEventSchema.strict().parse(JSON.parse(eventJson));
    expect(envelope.id).toBe(exchange.eventId);
    return requestCompletedSchema.strict().parse(envelope.data);
  };

  test('of a first attempt becomes an unknown event with that attempt, at no cost', () => {
    const exchange = newExchange();
    exchange.target = exchange.model?.routes['chat.completions'][0] ?? null;
    exchange.attemptsBegun = 1;
    expect(recovered(exchange)).toMatchObject({
      outcome: 'unknown',
      status: null,
      spoolSeq: 9,
      provider: 'p1',
      keyId: 'config:all',
      attempts: [{ attemptId: `${exchange.eventId}.1`, decision: 'unknown', provider: 'p1', usage: 'none' }],
      costUsdNanos: 0,
    });
  });

  test('of a second attempt keeps what the first used', () => {
    const exchange = newExchange();
    exchange.target = exchange.model?.routes['chat.completions'][0] ?? null;
    exchange.attemptsBegun = 2;
    exchange.attempts.push(attempt({ decision: 'next_route', usage: 'estimated' }));
    const event = recovered(exchange);
    expect(event.attempts.map(({ decision }) => decision)).toEqual(['next_route', 'unknown']);
    expect(event).toMatchObject({ tokens: { input: 10, output: 5 }, costUsdNanos: 1500 });
  });

  test.each(NASTY)('carries %j unharmed', (text) => {
    const exchange = newExchange();
    exchange.requestedModel = text;
    exchange.user = text;
    expect(recovered(exchange)).toMatchObject({ requestedModel: text, user: text });
  });

  test('and the event agree on all that never changes', () => {
    const exchange = newExchange();
    const before = recovered(exchange);
    const after = eventOf(exchange, ENDINGS[0]!);
    const fixed = [
      'eventId',
      'requestId',
      'occurredAt',
      'keyId',
      'teamId',
      'configVersion',
      'instance',
    ] as const;
    for (const field of fixed) expect([field, after[field]]).toEqual([field, before[field]]);
  });
});
