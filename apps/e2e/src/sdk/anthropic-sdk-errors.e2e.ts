// What an application gets from Anthropic's SDK when something goes wrong, or when it goes away itself.
import type Anthropic from '@anthropic-ai/sdk';
import {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { caughtError, clientOfAllTests, makeAnthropic } from './sdk-clients.js';
import { gatewayOfAllTests, modelOf, PROVIDER_KINDS } from './sdk-gateway.js';

const gateway = gatewayOfAllTests();
const client = clientOfAllTests(makeAnthropic, gateway);

/** The error that a call ends with. */
const errorOf = (call: PromiseLike<unknown>): Promise<APIError> => caughtError(call, APIError);

describe.each(PROVIDER_KINDS)('to a provider of the kind %s', (kind) => {
  const hello = (name: string) => ({
    model: modelOf(kind, name),
    max_tokens: 100,
    messages: [{ role: 'user' as const, content: 'Hello' }],
  });

  describe('errors come out as the classes of the SDK, with a type and a request id', () => {
    const ask = (name: string, using = client): PromiseLike<unknown> => using.messages.create(hello(name));
    const keys = (): Record<string, string> => ({
      wrong: `${gateway.key}x`,
      narrow: gateway.narrowKey,
      sdk: gateway.key,
    });

    test.each([
      {
        of: 'a wrong key',
        key: 'wrong',
        error: AuthenticationError,
        status: 401,
        type: 'authentication_error',
      },
      { of: 'no grant', key: 'narrow', error: PermissionDeniedError, status: 403, type: 'permission_error' },
      { of: 'an unknown model', model: 'nobody', error: NotFoundError, status: 404, type: 'not_found_error' },
      {
        of: 'a long prompt',
        model: 'too-long',
        error: BadRequestError,
        status: 400,
        type: 'invalid_request_error',
      },
      { of: 'a limit', model: 'rate-limited', error: RateLimitError, status: 429, type: 'rate_limit_error' },
      { of: 'no quota', model: 'no-quota', error: InternalServerError, status: 502, type: 'api_error' },
      { of: 'no provider', model: 'unavailable', error: InternalServerError, status: 502, type: 'api_error' },
      {
        of: 'an overloaded one',
        model: 'overloaded',
        error: InternalServerError,
        status: 502,
        type: 'api_error',
      },
    ])('$of', async ({ model = 'fast', key = 'sdk', error: expected, status, type }) => {
      const error = await errorOf(ask(model, makeAnthropic(gateway, keys()[key] ?? '')));
      expect(error).toBeInstanceOf(expected);
      expect(error).toMatchObject({ status, type });
      expect(error.requestID).toMatch(/^[\w-]{36}$/);
      expect(error.error).toMatchObject({ type: 'error', request_id: error.requestID });
      expect(error.message).not.toContain(gateway.key);
    });

    test('a long prompt is told by the words that clients look for', async () => {
      expect((await errorOf(ask('too-long'))).message).toMatch(/prompt is too long|maximum context length/);
    });

    test("a rate limit says when to come back: the provider's hint", async () => {
      expect((await errorOf(ask('rate-limited'))).headers?.get('retry-after')).toBe('3');
    });

    test('a field that cannot be said to the provider, or is wrong, is 400 and named', async () => {
      const request = {
        ...hello('fast'),
        max_tokens: 'many',
      } as unknown as Anthropic.MessageCreateParamsNonStreaming;
      const error = await errorOf(client.messages.create(request));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error.message).toContain('max_tokens');
    });

    test('a stream that breaks throws an error of the API, after what had come, and never ends well', async () => {
      for (const name of ['breaks', 'is-cut']) {
        const stream = await client.messages.create({ ...hello(name), stream: true });
        const types: string[] = [];
        const reading = async (): Promise<void> => {
          for await (const { type } of stream) types.push(type);
        };
        const error = await errorOf(reading());
        expect(error, name).not.toBeInstanceOf(APIConnectionError);
        expect(error.error, name).toMatchObject({ type: 'error' });
        expect(types, name).toContain('content_block_delta');
        expect(types, name).not.toContain('message_stop');
      }
    });
  });

  describe('a client that goes away', () => {
    test('aborting a stream ends the call upstream, and the event says cancelled', async () => {
      const { data: stream, response } = await client.messages
        .create({ ...hello('paced'), stream: true })
        .withResponse();
      let deltas = 0;
      for await (const { type } of stream) {
        deltas += type === 'content_block_delta' ? 1 : 0;
        if (deltas === 3) stream.controller.abort();
      }
      expect(deltas).toBeLessThan(10);
      const event = await gateway.events.eventOf(response.headers.get('x-request-id') ?? '');
      expect(event).toMatchObject({ outcome: 'cancelled', status: 499, errorCode: 'client_closed_request' });
      expect(event.attempts.map(({ decision }) => decision)).toEqual(['cancelled']);
      expect(event.tokens.output).toBeGreaterThan(0);
      expect(event.tokens.output, 'the rest of the 200 tokens was not made').toBeLessThan(50);
      await waitFor(async () => (await gateway.callsInFlight()) === 0, { message: 'it goes on upstream' });
    });

    test('aborting before the first byte as well', async () => {
      const abort = new AbortController();
      const requestId = `anthropic-aborted-early.${kind}`;
      const call = client.messages.create(hello('slow'), {
        signal: abort.signal,
        headers: { 'x-request-id': requestId },
      });
      const ended = errorOf(call);
      await waitFor(async () => (await gateway.callsInFlight()) > 0, { message: 'the provider has no call' });
      abort.abort();
      expect(await ended).toBeInstanceOf(APIUserAbortError);
      expect(await gateway.events.eventOf(requestId)).toMatchObject({ outcome: 'cancelled', status: 499 });
      await waitFor(async () => (await gateway.callsInFlight()) === 0, { message: 'it goes on upstream' });
    });
  });
});
