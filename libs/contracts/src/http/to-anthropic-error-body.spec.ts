import { expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { toAnthropicErrorBody, toAnthropicErrorEvent } from './to-anthropic-error-body.js';

// Object.keys of a record whose keys are these.
const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

test.each(CODES)('%s has the shape that SDKs of the dialect read, and our stable code', (code) => {
  expect(JSON.parse(toAnthropicErrorBody(code, { message: 'why', requestId: 'r-1' }))).toEqual({
    type: 'error',
    error: { type: ERROR_CODES[code].anthropicType, message: 'why', code },
    request_id: 'r-1',
  });
});

test('inside a stream it is one event with its name', () => {
  const event = toAnthropicErrorEvent('stream_interrupted', { message: 'a\nb', requestId: null });
  expect(event).toMatch(/^event: error\ndata: \{[^\n]*\}\n\n$/);
});
