import { requestCompleted } from '@sluice/testing';
import { REQUEST_OUTCOMES } from '@sluice/contracts';
import { TABLES } from '@sluice/storage';
import { describe, expect, it } from 'vitest';
import { toRequestLogRow } from './to-request-log-row.js';

const LOGGED_AT = new Date('2026-11-22T10:00:00.000Z');

describe('toRequestLogRow', () => {
  it('a row has every column of the table, and no other', () => {
    expect(Object.keys(toRequestLogRow(requestCompleted(), LOGGED_AT))).toEqual(
      Object.keys(TABLES.request_log),
    );
  });

  it("totals are the event's, whatever its attempts add up to", () => {
    const event = requestCompleted({
      costUsdNanos: 77,
      tokens: { ...requestCompleted().tokens, input: 3, output: 4 },
    });
    expect(toRequestLogRow(event, LOGGED_AT)).toMatchObject({
      input_tokens: 3,
      output_tokens: 4,
      cost_usd_nanos: 77,
      logged_at: LOGGED_AT.toISOString(),
      occurred_at: event.occurredAt,
    });
  });

  it.each(REQUEST_OUTCOMES)('an outcome "%s" without provider, status and attempts is a row', (outcome) => {
    const event = requestCompleted({
      outcome,
      provider: null,
      providerModel: null,
      status: null,
      attempts: [],
    });
    expect(toRequestLogRow(event, LOGGED_AT)).toMatchObject({
      outcome,
      provider: null,
      status: null,
      attempts: [],
    });
  });

  it('text that Postgres refuses is replaced so that it shows, in attempts too', () => {
    const [attempt] = requestCompleted().attempts;
    const event = requestCompleted({
      keyName: 'a\u0000',
      errorMessage: '\ud800b',
      attempts: [{ ...attempt!, providerModel: 'x\u0000y', errorCode: '\udc00' }],
    });
    expect(toRequestLogRow(event, LOGGED_AT)).toMatchObject({
      key_name: 'a\ufffd',
      error_message: '\ufffdb',
      attempts: [{ providerModel: 'x\ufffdy', errorCode: '\ufffd' }],
    });
  });

  it('how its routes were chosen is kept, of candidates the first hundred; an older event has none', () => {
    const candidate = {
      provider: 'p',
      providerModel: 'x\u0000y',
      model: 'm'.repeat(300),
      order: null,
      filtered: 'cooldown',
      estimatedCostUsdNanos: 5,
    } as const;
    const routing = {
      strategy: 'weighted',
      model: 'm',
      candidates: Array.from({ length: 120 }, () => candidate),
    };
    const stored = toRequestLogRow(requestCompleted({ routing }), LOGGED_AT).routing;
    expect(stored?.candidates).toHaveLength(100);
    expect(stored).toMatchObject({ strategy: 'weighted', model: 'm' });
    expect(stored?.candidates[0]).toEqual({
      ...candidate,
      providerModel: 'x\ufffdy',
      model: `${'m'.repeat(255)}…`,
    });
    expect(toRequestLogRow(requestCompleted(), LOGGED_AT).routing).toBeNull();
  });

  it('a label that no index takes is cut, also in the middle of a character of two units', () => {
    const row = toRequestLogRow(requestCompleted({ requestedModel: '🙂'.repeat(5_000) }), LOGGED_AT);
    expect(row.requested_model).toHaveLength(256);
    expect(row.requested_model?.isWellFormed()).toBe(true);
    expect(row.requested_model?.endsWith('…')).toBe(true);
  });
});
