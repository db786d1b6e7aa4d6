import { expect, test } from 'vitest';
import { readAnthropicFailure } from '../anthropic/read-anthropic-failure.js';
import { readOpenAiFailure } from '../openai-compatible/read-openai-failure.js';
import { toAnthropicFailureBody, toOpenAiFailureBody } from './failure-body.js';

test("Anthropic's refusal for a client of OpenAI keeps its words and gets a code to branch on", () => {
  const body = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
  };
  const failure = readAnthropicFailure(400, Buffer.from(JSON.stringify(body)), false);
  expect(JSON.parse(toOpenAiFailureBody(failure).toString())).toEqual({
    error: {
      message: body.error.message,
      type: 'invalid_request_error',
      param: null,
      code: 'context_length_exceeded',
    },
  });
});

test.each([
  [400, 'invalid_request_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [422, 'invalid_request_error'],
  [500, 'api_error'],
  [529, 'overloaded_error'],
])("a look-alike's %d for a client of Anthropic is a %s", (status, type) => {
  const failure = readOpenAiFailure(status, Buffer.from('{"error":{"message":"why"}}'));
  expect(JSON.parse(toAnthropicFailureBody(failure, 'r-1').toString())).toEqual({
    type: 'error',
    error: { type, message: 'why' },
    request_id: 'r-1',
  });
});
