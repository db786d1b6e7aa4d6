import type { ErrorCode } from '@sluice/contracts';
import { CHAT_ADAPTERS, MESSAGES_ADAPTERS, type ProviderFailure } from '@sluice/providers';
import { describe, expect, test } from 'vitest';
import { fromProviderFailure } from './to-attempt-failure.js';

const BODY = Buffer.from('{"error":{"message":"no","code":"x"}}');
const refusal = (status: number, body = BODY): ProviderFailure =>
  CHAT_ADAPTERS.openai.readFailure(status, body);
const answered = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: BODY,
  nowMs: 0,
  dialect: 'chat' as const,
  requestId: 'label',
});

describe('whose fault a refusal is decides its code', () => {
  test.each<[number, string, ErrorCode]>([
    [400, 'client', 'invalid_request'],
    [413, 'client', 'request_too_large'],
    [415, 'client', 'unsupported_media_type'],
    [422, 'client', 'invalid_request'],
    [401, 'credential', 'provider_credential_rejected'],
    [402, 'credential', 'provider_credential_rejected'],
    [403, 'credential', 'provider_credential_rejected'],
    [404, 'mapping', 'model_not_found'],
    [429, 'limits', 'provider_rate_limited'],
    [408, 'provider', 'all_providers_failed'],
    [409, 'provider', 'all_providers_failed'],
    [500, 'provider', 'all_providers_failed'],
    [529, 'provider', 'all_providers_failed'],
  ])('%i is the fault of: %s', (status, fault, errorCode) => {
    expect(fromProviderFailure(refusal(status), answered(status))).toMatchObject({
      fault,
      errorCode,
      status,
    });
  });

  test('a bad key of ours that a provider calls a bad request is not told to the client as one', () => {
    const body = Buffer.from('{"error":"Incorrect API key provided: xa***"}');
    expect(fromProviderFailure(refusal(400, body), answered(400))).toMatchObject({
      fault: 'credential',
      errorCode: 'provider_credential_rejected',
    });
  });
});

test('an error inside a 200 keeps the status that the client would have got', () => {
  const failure = { ...refusal(400), status: 400 };
  expect(fromProviderFailure(failure, answered(200))).toMatchObject({
    fault: 'client',
    status: 200,
    reason: 'it answered 400',
    pass: { status: 200, body: BODY, isRelayed: true },
  });
});

describe("a body that is no error of the client's dialect is said in it, under the same status", () => {
  const said = (failure: ProviderFailure, dialect: 'chat' | 'messages'): unknown => {
    const { pass } = fromProviderFailure(failure, { ...answered(failure.status), body: null, dialect });
    return pass === null ? null : [pass.status, JSON.parse(pass.body.toString()) as unknown];
  };

  test('a page of HTML', () => {
    const page = Buffer.from('<html>');
    const { pass } = fromProviderFailure(refusal(422, page), { ...answered(422), body: page });
    expect(pass?.status).toBe(422);
    expect(pass?.body.toString()).not.toContain('html');
  });

  test("OpenAI's words for a client of Anthropic", () => {
    const error = { type: 'not_found_error', message: 'no' };
    expect(said(MESSAGES_ADAPTERS.openai.readFailure(404, BODY), 'messages')).toEqual([
      404,
      { type: 'error', error, request_id: 'label' },
    ]);
  });

  test("Anthropic's words for a client of OpenAI", () => {
    const body =
      '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}';
    const error = { message: 'prompt is too long: 9 > 8', type: 'invalid_request_error', param: null };
    expect(said(CHAT_ADAPTERS.anthropic.readFailure(400, Buffer.from(body)), 'chat')).toEqual([
      400,
      { error: { ...error, code: 'context_length_exceeded' } },
    ]);
  });

  test('nothing that is not about the request', () => {
    for (const status of [401, 403, 429, 500, 529]) {
      expect(said(CHAT_ADAPTERS.anthropic.readFailure(status, BODY), 'chat')).toBe(null);
    }
  });
});

test("the provider's hint is kept", () => {
  const hints = (headers: Record<string, string>) =>
    fromProviderFailure(refusal(429), answered(429, headers)).retryAfterMs;
  expect(hints({ 'retry-after': '7' })).toBe(7_000);
  expect(hints({ 'retry-after': '7', 'retry-after-ms': '250' })).toBe(250);
  expect(hints({})).toBe(null);
});
