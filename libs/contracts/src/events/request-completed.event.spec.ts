import { describe, expect, it } from 'vitest';
import { REQUEST_COMPLETED } from '../__fixtures__/request-completed.js';
import { cloudEventSchema } from './cloud-event.js';
import {
  ATTEMPT_DECISIONS,
  REQUEST_EVENT_TYPE,
  REQUEST_OUTCOMES,
  requestCompletedSchema,
} from './request-completed.event.js';
import { NO_TOKENS, tokenCountsSchema } from './token-counts.js';

const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a request event', () => {
  it('survives the way over the wire unchanged, every field included', () => {
    expect(requestCompletedSchema.parse(overWire(REQUEST_COMPLETED))).toEqual(REQUEST_COMPLETED);
  });

  it('travels in a CloudEvent and comes out of it unchanged', () => {
    const event = {
      specversion: '1.0',
      id: REQUEST_COMPLETED.eventId,
      source: '/sluice/edge/edge-proxy-host-1',
      type: REQUEST_EVENT_TYPE,
      subject: REQUEST_COMPLETED.eventId,
      time: REQUEST_COMPLETED.occurredAt,
      datacontenttype: 'application/json',
      data: REQUEST_COMPLETED,
    };
    const read = cloudEventSchema.parse(overWire(event));
    expect(requestCompletedSchema.parse(read.data)).toEqual(REQUEST_COMPLETED);
    expect(read).toEqual(event);
  });

  it('has the fields of the contract, which only grows', () => {
    expect(Object.keys(requestCompletedSchema.shape)).toEqual(
      expect.arrayContaining(
        (
          'eventId requestId spoolId spoolSeq occurredAt keyId keyName teamId endpoint requestedModel provider ' +
          'providerModel stream outcome status errorCode errorMessage attempts routing tokens costUsdNanos priceSource ' +
          'timing cache deduplicated user tags traceId instance configVersion'
        ).split(' '),
      ),
    );
  });

  it('may come from a newer edge: an unknown field is not an error', () => {
    const newer = { ...REQUEST_COMPLETED, region: 'eu' };
    expect(requestCompletedSchema.parse(overWire(newer))).toEqual(REQUEST_COMPLETED);
  });

  it('may come from an older edge, which does not say how it chose', () => {
    const { routing, ...older } = REQUEST_COMPLETED;
    expect(routing?.candidates).toHaveLength(3);
    expect(requestCompletedSchema.parse(overWire(older))).toEqual(older);
    expect(requestCompletedSchema.parse(overWire({ ...older, routing: null }))).toEqual({
      ...older,
      routing: null,
    });
  });

  it('may know nothing but that it began', () => {
    const unknown = {
      ...REQUEST_COMPLETED,
      outcome: 'unknown',
      status: null,
      provider: null,
      providerModel: null,
      requestedModel: null,
      attempts: [],
      tokens: NO_TOKENS,
      timing: { queueMs: 0, overheadMs: 0, firstTokenMs: null, totalMs: 0 },
      user: null,
      traceId: null,
    };
    expect(requestCompletedSchema.parse(overWire(unknown))).toEqual(unknown);
  });

  it.each(REQUEST_OUTCOMES)('takes the outcome %s', (outcome) => {
    expect(requestCompletedSchema.parse({ ...REQUEST_COMPLETED, outcome }).outcome).toBe(outcome);
  });

  it.each(ATTEMPT_DECISIONS)('takes an attempt that ended in %s', (decision) => {
    const attempts = REQUEST_COMPLETED.attempts.map((attempt) => ({ ...attempt, decision }));
    expect(requestCompletedSchema.parse({ ...REQUEST_COMPLETED, attempts }).attempts).toEqual(attempts);
  });
});

describe('a request event is refused, and the field named, when', () => {
  it.each([
    ['its id is no UUID', { eventId: 'abc' }, 'eventId'],
    ['its spool is no UUID', { spoolId: '' }, 'spoolId'],
    ['its number is not above zero', { spoolSeq: 0 }, 'spoolSeq'],
    ['its number has a fraction', { spoolSeq: 1.5 }, 'spoolSeq'],
    ['its time has no zone', { occurredAt: '2026-11-22T21:47:49.000' }, 'occurredAt'],
    ['its outcome is not one of ours', { outcome: 'done' }, 'outcome'],
    ['its money has a fraction', { costUsdNanos: 0.5 }, 'costUsdNanos'],
    ['its money is past what a number holds exactly', { costUsdNanos: 2 ** 53 }, 'costUsdNanos'],
    ['it has no attempts', { attempts: undefined }, 'attempts'],
    [
      'a route was left out for a reason that is not one of ours',
      {
        routing: {
          strategy: 'priority',
          model: 'm',
          candidates: [{ ...REQUEST_COMPLETED.routing!.candidates[0]!, filtered: 'mood' }],
        },
      },
      'routing.candidates.0.filtered',
    ],
    ['a token count is negative', { tokens: { ...NO_TOKENS, input: -1 } }, 'tokens.input'],
  ])('%s', (_, change, path) => {
    const result = requestCompletedSchema.safeParse({ ...REQUEST_COMPLETED, ...change });
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('token counts', () => {
  it('of nothing are zero in every field and cannot be changed by who holds them', () => {
    expect(tokenCountsSchema.parse(NO_TOKENS)).toEqual(NO_TOKENS);
    expect(new Set(Object.values(NO_TOKENS))).toEqual(new Set([0]));
    expect(Object.isFrozen(NO_TOKENS)).toBe(true);
  });
});
