import { expect, test } from 'vitest';
import { readAnthropicErrorEvent, readAnthropicFailure } from './read-anthropic-failure.js';

const body = (type: string, message: string): Buffer =>
  Buffer.from(JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }));

test.each([
  [400, 'invalid_request_error', 'invalid_request'],
  [401, 'authentication_error', 'provider_credential_rejected'],
  [402, 'billing_error', 'provider_credential_rejected'],
  [403, 'permission_error', 'provider_credential_rejected'],
  [404, 'not_found_error', 'model_not_found'],
  [409, 'conflict_error', 'all_providers_failed'],
  [413, 'request_too_large', 'request_too_large'],
  [429, 'rate_limit_error', 'provider_rate_limited'],
  [500, 'api_error', 'all_providers_failed'],
  [504, 'timeout_error', 'all_providers_failed'],
  [529, 'overloaded_error', 'all_providers_failed'],
])('%d %s is %s, by its status and, inside a stream, by its type', (status, type, errorCode) => {
  expect(readAnthropicFailure(status, body(type, 'words'), false)).toMatchObject({
    status,
    code: type,
    errorCode,
    message: 'words',
  });
  expect(readAnthropicErrorEvent({ type: 'error', error: { type, message: 'words' } })).toMatchObject({
    status,
    errorCode,
  });
});

test.each([
  'prompt is too long: 210000 tokens > 200000 maximum',
  'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
])('%s is told as context length', (message) => {
  expect(readAnthropicFailure(400, body('invalid_request_error', message), false).errorCode).toBe(
    'context_length_exceeded',
  );
});

test('an empty account answers 400 and is our fault, not the client’s', () => {
  const failure = readAnthropicFailure(
    400,
    body('invalid_request_error', 'Your credit balance is too low to access the API.'),
    false,
  );
  expect(failure).toMatchObject({ quotaExhausted: true, errorCode: 'provider_credential_rejected' });
});

test('only a client of the same dialect may get the body as it is', () => {
  const bytes = body('invalid_request_error', 'max_tokens: too large');
  expect(readAnthropicFailure(400, bytes, true).passable).toBe(true);
  expect(readAnthropicFailure(400, bytes, false).passable).toBe(false);
  expect(readAnthropicFailure(502, Buffer.from('<html>'), true).passable).toBe(false);
});

test('an error of another dialect does not go through as one of Anthropic’s: it is said in its shape', () => {
  const error = {
    message: 'Unknown request URL',
    type: 'invalid_request_error',
    code: 'unknown_url',
  };
  for (const document of [{ error }, { object: 'error', error }, { type: 'error', error: 'Unknown' }]) {
    const failure = readAnthropicFailure(404, Buffer.from(JSON.stringify(document)), true);
    expect(failure).toMatchObject({ passable: false, message: expect.stringContaining('Unknown') as string });
  }
});

test('whatever the body is, there are words, and they are bounded', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"error":null}',
    JSON.stringify({ error: { message: 'a'.repeat(9999) } }),
  ]) {
    const { message } = readAnthropicFailure(500, Buffer.from(text), true);
    expect(message.length).toBeGreaterThan(0);
    expect(message.length).toBeLessThanOrEqual(1024);
  }
  expect(readAnthropicErrorEvent({ type: 'message_start' })).toBeNull();
});
