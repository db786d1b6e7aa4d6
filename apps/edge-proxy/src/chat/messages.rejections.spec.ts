// Requests of Anthropic's dialect that are refused before any provider hears of them, by status.
import { describe, expect, test } from 'vitest';
import {
  asMessages,
  COUNT_TOKENS,
  MESSAGES,
  messagesBody,
  messagesErrorOf,
  MESSAGES_HEADERS,
} from '../__fixtures__/anthropic-replies.js';
import { edgeOfAllTests } from '../__fixtures__/edge-hooks.js';
import { type Answer, call, type CallOptions, errorOf } from '../__fixtures__/http-client.js';
import { KEY, NARROW_KEY } from '../__fixtures__/test-generation.js';

const { provider, edge } = edgeOfAllTests({
  provider: { type: 'anthropic' },
  sections: { server: { maxRequestBodyMb: 1 } },
});

interface Wanted {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message?: RegExp;
  readonly event?: boolean;
}

/** Our error in Anthropic's shape, a request id in both headers and in the body, nothing upstream, an event if the key is known. */
async function expectRefusal(given: Answer, wanted: Wanted): Promise<void> {
  const { type, code, message, requestId } = messagesErrorOf(given);
  expect([given.status, type, code]).toEqual([wanted.status, wanted.type, wanted.code]);
  expect(message).toMatch(wanted.message ?? /./);
  expect(given.headers['content-type']).toBe('application/json');
  expect(given.headers['request-id']).toMatch(/^[\w.-]{1,128}$/);
  expect([given.headers['x-request-id'], requestId]).toEqual(Array(2).fill(given.headers['request-id']));
  expect(provider.calls).toEqual([]);
  if (wanted.event === false) {
    expect(edge.sink.events).toEqual([]);
    return;
  }
  const { outcome, errorCode, endpoint } = await edge.sink.theEvent();
  expect([outcome, errorCode]).toEqual(['rejected', code]);
  expect(endpoint).toMatch(/^messages/);
}

const INVALID = 'invalid_request_error';
const sendTo = (path: string, options: CallOptions = {}): Promise<Answer> =>
  call(edge.port, asMessages({ path, ...options }));

describe.each([MESSAGES, COUNT_TOKENS, `${MESSAGES}?beta=true`])('%s', (path) => {
  test.each<[string, unknown, string, RegExp]>([
    ['half an object', '{"model":"m",', 'invalid_json', /./],
    ['a key that is there twice', '{"model":"m","model":"n"}', 'invalid_json', /twice/],
    ['no model', { messages: [] }, 'invalid_request', /"model" is missing/],
    ['a model that is no text', messagesBody({ model: 7 }), 'invalid_request', /"model" must be a string/],
    ['a stream that is no switch', messagesBody({ stream: 'yes' }), 'invalid_request', /"stream" must be/],
    ['a disguised key', messagesBody({ Metadata: {} }), 'invalid_request', /./],
  ])('400 for %s', async (_, body, code, words) => {
    await expectRefusal(await sendTo(path, { body }), { status: 400, type: INVALID, code, message: words });
  });

  test('400 for a deadline that is none', async () => {
    const headers = { ...MESSAGES_HEADERS, 'x-sluice-deadline-ms': 'soon' };
    const wanted = { status: 400, type: INVALID, code: 'invalid_request', message: /x-sluice-deadline-ms/ };
    await expectRefusal(await sendTo(path, { headers }), wanted);
  });

  test.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['an unknown key', { 'x-api-key': 'sk-nobody-0123456789-abcdefgh' }],
    ['two keys', { 'x-api-key': KEY, authorization: `Bearer ${NARROW_KEY}` }],
  ])('401 for %s', async (_, headers) => {
    const type = 'authentication_error';
    const wanted = { status: 401, type, code: 'invalid_api_key', event: false };
    await expectRefusal(await sendTo(path, { headers, body: '{{' }), wanted);
  });

  test('403 for a model that the key may not use', async () => {
    const options = { headers: { 'x-api-key': NARROW_KEY }, body: messagesBody({ model: 'other' }) };
    const wanted = { status: 403, type: 'permission_error', code: 'model_not_allowed', message: /other/ };
    await expectRefusal(await sendTo(path, options), wanted);
  });

  test('404 for a model that does not exist', async () => {
    const wanted = { status: 404, type: 'not_found_error', code: 'model_not_found', message: /nope/ };
    await expectRefusal(await sendTo(path, { body: messagesBody({ model: 'nope' }) }), wanted);
  });

  test('405 for another method', async () => {
    const given = await sendTo(path, { method: 'GET' });
    expect(given.headers['allow']).toBe('POST');
    await expectRefusal(given, { status: 405, type: INVALID, code: 'method_not_allowed', event: false });
  });

  test('413 for a body over server.maxRequestBodyMb', async () => {
    const body = messagesBody({ system: 'x'.repeat(1024 * 1024 + 1) });
    const wanted = { status: 413, type: 'request_too_large', code: 'request_too_large' };
    await expectRefusal(await sendTo(path, { body }), wanted);
  });

  test('415 for a body that is not JSON', async () => {
    const headers = { 'x-api-key': KEY, 'content-type': 'text/plain' };
    const wanted = { status: 415, type: INVALID, code: 'unsupported_media_type' };
    await expectRefusal(await sendTo(path, { headers }), wanted);
  });
});

describe('404 for paths that nobody has', () => {
  const wanted = { status: 404, type: 'not_found_error', code: 'unknown_route', event: false };

  test.each(['/v1/messages/batches', '/v1/messages/', '/v1/messages/%zz'])(
    '%s in Anthropic’s dialect',
    async (path) => {
      await expectRefusal(await sendTo(path, { headers: { 'x-api-key': KEY } }), wanted);
    },
  );

  test('any other path in Anthropic’s dialect when the request says that it speaks it', async () => {
    await expectRefusal(await sendTo('/v1/complete'), wanted);
  });

  test('OpenAI’s own paths in OpenAI’s, whatever the headers say', async () => {
    const given = await sendTo('/v1/chat/completions/x');
    expect(errorOf(given).code).toBe('unknown_route');
    expect(given.headers).not.toHaveProperty('request-id');
    expect(errorOf(await sendTo('/v1/embeddings', { body: '{' })).code).toBe('invalid_json');
  });
});
