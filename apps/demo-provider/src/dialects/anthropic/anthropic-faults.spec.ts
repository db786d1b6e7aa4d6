// The provider as Anthropic's own SDK sees it.
import type Anthropic from '@anthropic-ai/sdk';
import {
  APIConnectionError,
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnthropicTest,
  ask,
  errorOf,
  textOf,
  startAnthropicTest,
} from '../../__fixtures__/anthropic-client.js';

let test: AnthropicTest;
beforeAll(async () => {
  test = await startAnthropicTest();
});
afterAll(() => test.demo[Symbol.asyncDispose]());

describe('faults', () => {
  const fail = (fault: string) => errorOf(test.create('Hi', { model: `demo-fault-${fault}` }));

  it.each([
    ['400', BadRequestError, 400, 'invalid_request_error'],
    ['401', AuthenticationError, 401, 'authentication_error'],
    ['402', APIError, 402, 'billing_error'],
    ['403', PermissionDeniedError, 403, 'permission_error'],
    ['404', NotFoundError, 404, 'not_found_error'],
    ['413', APIError, 413, 'request_too_large'],
    ['429', RateLimitError, 429, 'rate_limit_error'],
    ['500', InternalServerError, 500, 'api_error'],
    ['503', InternalServerError, 503, 'api_error'],
    ['504', InternalServerError, 504, 'timeout_error'],
    ['529', InternalServerError, 529, 'overloaded_error'],
    ['quota', BadRequestError, 400, 'invalid_request_error'],
    ['context', BadRequestError, 400, 'invalid_request_error'],
    ['filter', BadRequestError, 400, 'invalid_request_error'],
  ])('%s is the typed error of the SDK', async (fault, type, status, name) => {
    const error = await fail(fault);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, type: name });
    expect(error.requestID).toMatch(/^demo-/);
  });

  it('say in their words what gateways look for', async () => {
    expect((await fail('context')).message).toContain('prompt is too long');
    expect((await fail('quota')).message).toContain('credit balance is too low');
    expect((await fail('429:7')).headers?.get('retry-after')).toBe('7');
    expect((await fail('503')).headers?.get('x-should-retry')).toBe('true');
    expect((await fail('400')).headers?.get('x-should-retry')).toBe('false');
  });

  it.each(['cut:900', 'cut:900:rst', 'drop', 'garbage:json', 'garbage:truncated', 'error-event:3'])(
    '%s in a stream is never taken for an answer',
    async (fault) => {
      const stream = test.client.messages.stream(
        ask('Hello', { model: `demo-fast+tokens=50+fault=${fault}` }),
      );
      const message = await stream.finalMessage().catch((error: unknown) => error);
      if (fault === 'garbage:utf8') expect(textOf(message as Anthropic.Message)).toContain('\uFFFD');
      else expect(message).toBeInstanceOf(Error);
    },
  );

  it('an error event comes after the tokens before it and is one of the SDK', async () => {
    const stream = await test.client.messages.create({
      ...ask('Hello', { model: 'demo-fast+tokens=50+fault=error-event:5' }),
      stream: true,
    });
    let deltas = 0;
    const reading = async (): Promise<void> => {
      for await (const { type } of stream) if (type === 'content_block_delta') deltas += 1;
    };
    const error = await errorOf(reading());
    expect(error).toMatchObject({ type: 'overloaded_error' });
    expect(error).not.toBeInstanceOf(APIConnectionError);
    expect(deltas).toBe(5);
  });

  it.each(['end:4', 'no-done'])('%s ends the body before message_stop', async (fault) => {
    const { text } = await test.raw(ask('Hello', { model: `demo-fast+tokens=20+fault=${fault}` }), {
      stream: true,
    });
    expect(text).toContain('event: message_start');
    expect(text).not.toContain('message_stop');
    expect(text.includes('message_delta')).toBe(fault === 'no-done');
  });

  it('no-usage leaves it out, plain and streamed', async () => {
    for (const stream of [false, true]) {
      const { text } = await test.raw(ask('Hello', { model: 'demo-fast+fault=no-usage' }), { stream });
      expect(text).not.toContain('"usage"');
    }
  });

  it('are on record under the attempt that met them', async () => {
    await test.raw(ask('Hi', { model: 'demo-fast+tokens=50+fault=cut:1500' }), {
      stream: true,
      id: 'broken.1',
    });
    const serving = await test.servingOf('broken.1');
    expect(serving).toMatchObject({
      ended: 'fault',
      fault: 'cut:1500',
      bytesSent: 1500,
      endpoint: '/v1/messages',
    });
    expect(serving.completionTokens).toBeLessThan(20);
  });
});
