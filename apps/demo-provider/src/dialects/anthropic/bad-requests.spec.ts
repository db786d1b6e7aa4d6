// The provider as Anthropic's own SDK sees it.
import type Anthropic from '@anthropic-ai/sdk';
import { BadRequestError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnthropicTest,
  ask,
  errorOf,
  WEATHER,
  startAnthropicTest,
} from '../../__fixtures__/anthropic-client.js';

let test: AnthropicTest;
beforeAll(async () => {
  test = await startAnthropicTest();
});
afterAll(() => test.demo[Symbol.asyncDispose]());

describe('what is wrong with a request is 400 and named as Anthropic names it', () => {
  const user = { role: 'user', content: 'Hi' };
  const use = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} };
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' };

  it.each([
    [{ max_tokens: undefined }, 'max_tokens: Field required'],
    [{ messages: [] }, /^messages: /],
    [{ seed: 1 }, 'seed: Extra inputs are not permitted'],
    [{ messages: [{ ...user, name: 'Al' }] }, 'messages.0.name: Extra inputs are not permitted'],
    [{ messages: [{ ...user, role: 'tool' }] }, /^messages\.0\.role: /],
    [
      { messages: [{ role: 'assistant', content: 'Hi' }] },
      'messages: first message must use the "user" role',
    ],
    [{ messages: [{ role: 'user', content: '' }] }, /^messages\.0: all messages must have non-empty content/],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: ' ' }] }] },
      /^messages\.0\.content\.0\.text: /,
    ],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, /^messages\.0\.content\.0\.type: /],
    [
      { messages: [user, { role: 'assistant', content: [use] }, user], tools: [WEATHER] },
      /^messages\.1: `tool_use` ids were found/,
    ],
    [
      { messages: [{ role: 'user', content: [result] }], tools: [WEATHER] },
      /^messages\.0\.content\.0: unexpected `tool_use_id`/,
    ],
    [
      { messages: [user, { role: 'assistant', content: [use] }, { role: 'user', content: [result] }] },
      /must define tools$/,
    ],
    [
      { tool_choice: { type: 'tool', name: 'nobody' }, tools: [WEATHER] },
      "Tool 'nobody' not found in provided tools",
    ],
    [{ tools: [{ name: 'no schema' }] }, /^tools\.0\.name: /],
    [{ tools: [{ name: 'none' }] }, 'tools.0.custom.input_schema: Field required'],
    [{ temperature: 1.5 }, /^temperature: /],
    [{ stop_sequences: [' '] }, /^stop_sequences\.0: /],
    [{ thinking: { type: 'enabled', budget_tokens: 10 } }, /^thinking\.budget_tokens: /],
    [{ thinking: { type: 'enabled', budget_tokens: 5000 } }, /^`max_tokens` must be greater/],
    [{ thinking: { type: 'adaptive' }, tools: [WEATHER], tool_choice: { type: 'any' } }, /forces tool use/],
  ])('%j', async (wrong, message) => {
    const body = { ...ask('Hi'), ...wrong } as unknown as Anthropic.MessageCreateParamsNonStreaming;
    const error = await errorOf(test.client.messages.create(body));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.type).toBe('invalid_request_error');
    expect((error.error as { error: { message: string } }).error.message).toMatch(message);
  });

  it('a request without a version, and with one that is none', async () => {
    const version = async (headers: Record<string, string>) =>
      JSON.parse((await test.demo.post('/messages', ask('Hi'), { headers })).text) as unknown;
    const message = 'anthropic-version: header is required';
    expect(await version({})).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message },
    });
    expect(await version({ 'anthropic-version': 'new' })).toMatchObject({ type: 'error' });
  });
});
