import type { AttemptErrorCode, ErrorCode } from '@sluice/contracts';
import { CHAT_ADAPTERS, MESSAGES_ADAPTERS, type ProviderFailure } from '@sluice/providers';
import { describe, expect, test } from 'vitest';
import type { TransportFailureKind } from '../upstream/transport.js';
import { fromProviderFailure, fromTransportFailure, toTimeoutFailure } from './to-attempt-failure.js';

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

describe('the code of an attempt says why, more exactly than a client is told', () => {
  const coded = (status: number, body: object = {}): string =>
    fromProviderFailure(refusal(status, Buffer.from(JSON.stringify({ error: body }))), answered(status))
      .attemptCode;

  test.each<[number, AttemptErrorCode | ErrorCode]>([
    [400, 'request_refused'],
    [413, 'request_too_large'],
    [422, 'request_refused'],
    [401, 'provider_credential_rejected'],
    [402, 'provider_quota_exhausted'],
    [403, 'provider_credential_rejected'],
    [404, 'model_not_found_at_provider'],
    [410, 'model_not_found_at_provider'],
    [429, 'provider_rate_limited'],
    [408, 'provider_error'],
    [409, 'provider_error'],
    [500, 'provider_error'],
    [503, 'provider_overloaded'],
    [529, 'provider_overloaded'],
  ])('%i: %s', (status, code) => {
    expect(coded(status)).toBe(code);
  });

  test('a prompt that is too long, and money that is gone, whatever the status', () => {
    expect(coded(400, { code: 'context_length_exceeded' })).toBe('context_length_exceeded');
    expect(coded(429, { code: 'insufficient_quota' })).toBe('provider_quota_exhausted');
  });

  test('timers', () => {
    expect(toTimeoutFailure('first_token', 60_000, null)).toMatchObject({
      fault: 'provider',
      attemptCode: 'first_token_timeout',
      reason: 'no answer within 60000 ms (timeouts.firstToken)',
    });
    expect(toTimeoutFailure('idle', 5, 200)).toMatchObject({ attemptCode: 'idle_timeout', status: 200 });
  });

  test.each<[TransportFailureKind, AttemptErrorCode, 'route' | 'provider']>([
    ['connect', 'connect_refused', 'route'],
    ['refused', 'connect_refused', 'provider'],
    ['dns', 'dns_failed', 'provider'],
    ['tls', 'tls_failed', 'provider'],
    ['address_blocked', 'address_blocked', 'route'],
    ['connect_timeout', 'connect_timeout', 'route'],
    ['reset', 'connection_reset', 'route'],
    ['protocol', 'invalid_answer', 'route'],
  ])('a connection (%s): %s, which speaks of the %s', (kind, attemptCode, scope) => {
    const call = { status: null, connectTimeoutMs: 5_000 };
    for (const isSent of [true, false]) {
      expect(fromTransportFailure({ kind, message: 'why', isSent }, call)).toMatchObject({
        fault: 'provider',
        attemptCode,
        scope,
        isSent,
        isOurs: false,
      });
    }
  });

  test('a limit of this machine is ours, and words about our own network stay in the record', () => {
    const failure = {
      kind: 'connect',
      message: 'no room',
      detail: '10.0.0.7',
      isSent: false,
      isOurs: true,
    } as const;
    const { isOurs, reason, detail } = fromTransportFailure(failure, { status: null, connectTimeoutMs: 1 });
    expect([isOurs, reason, detail]).toEqual([true, 'no room', '10.0.0.7']);
  });
});

describe('what a fallbacksOn can catch', () => {
  const reroute = (status: number, error: object) =>
    fromProviderFailure(refusal(status, Buffer.from(JSON.stringify({ error }))), answered(status)).reroute;

  test.each([
    ['OpenAI', { code: 'context_length_exceeded', message: 'x' }],
    ['vLLM', { message: "This model's maximum context length is 8 tokens" }],
  ])('a prompt that is too long, as %s says it', (_, error) => {
    expect(reroute(400, error)).toBe('contextWindow');
  });

  test.each([
    ['Azure', { code: 'content_filter', message: 'The response was filtered' }],
    ['OpenAI', { code: 'content_policy_violation', message: 'x' }],
    [
      'OpenAI, of a prompt',
      { code: 'invalid_prompt', message: 'flagged as potentially violating our policy' },
    ],
    ['Alibaba', { code: 'data_inspection_failed', message: 'x' }],
  ])('a matter that the provider does not speak of, as %s says it', (_, error) => {
    expect(reroute(400, error)).toBe('contentPolicy');
  });

  test('Anthropic says both in words', () => {
    const said = (message: string) => {
      const body = Buffer.from(
        JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }),
      );
      return fromProviderFailure(CHAT_ADAPTERS.anthropic.readFailure(400, body), answered(400)).reroute;
    };
    expect(said('prompt is too long: 9 tokens > 8 maximum')).toBe('contextWindow');
    expect(said('Output blocked by content filtering policy')).toBe('contentPolicy');
    expect(said('messages: at least one message is required')).toBe(null);
  });

  test('nothing that is the provider’s own fault', () => {
    expect(reroute(500, { message: 'the content_filter crashed' })).toBe(null);
    expect(reroute(429, { code: 'rate_limit', message: 'content_policy' })).toBe(null);
  });
});

test('reset times that stand in every answer are hints only where a limit is what failed', () => {
  const headers = { 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-remaining-requests': '0' };
  const hint = (status: number): number | null =>
    fromProviderFailure(refusal(status), answered(status, headers)).retryAfterMs;
  expect(hint(429)).toBe(360_000);
  expect(hint(500)).toBe(null);
  expect(hint(401)).toBe(null);
});
