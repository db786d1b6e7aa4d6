// What an application gets from the official OpenAI SDK when something goes wrong, or when it goes away itself.
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
} from 'openai';
import { describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { caughtError, clientOfAllTests, makeOpenAi } from './sdk-clients.js';
import { gatewayOfAllTests, modelOf, PROVIDER_KINDS } from './sdk-gateway.js';

const hello = [{ role: 'user' as const, content: 'Hello' }];

const gateway = gatewayOfAllTests();
const client = clientOfAllTests(makeOpenAi, gateway);

/** The error that a call ends with. */
const errorOf = (call: PromiseLike<unknown>): Promise<APIError> => caughtError(call, APIError);

describe.each(PROVIDER_KINDS)('to a provider of the kind %s', (kind) => {
  const named = (name: string): string => modelOf(kind, name);

  describe('errors come out as the classes of the SDK, with a code and a request id', () => {
    const ask = (model: string, using = client): PromiseLike<unknown> =>
      using.chat.completions.create({ model, messages: hello });

    const keys = (): Record<string, string> => ({
      wrong: `${gateway.key}x`,
      narrow: gateway.narrowKey,
      sdk: gateway.key,
    });

    test.each([
      { of: 'a wrong key', key: 'wrong', type: AuthenticationError, status: 401, code: 'invalid_api_key' },
      {
        of: 'a model that is not granted',
        key: 'narrow',
        type: PermissionDeniedError,
        status: 403,
        code: 'model_not_allowed',
      },
      {
        of: 'an unknown model',
        model: 'nobody',
        type: NotFoundError,
        status: 404,
        code: 'model_not_found',
      },
      {
        of: 'a long prompt',
        model: 'too-long',
        type: BadRequestError,
        status: 400,
        code: 'context_length_exceeded',
      },
      {
        of: 'a limit',
        model: 'rate-limited',
        type: RateLimitError,
        status: 429,
        code: 'provider_rate_limited',
      },
      {
        of: 'no quota',
        model: 'no-quota',
        type: InternalServerError,
        status: 502,
        code: 'provider_credential_rejected',
      },
      {
        of: 'no provider',
        model: 'unavailable',
        type: InternalServerError,
        status: 502,
        code: 'all_providers_failed',
      },
    ])('$of', async ({ model = 'fast', key = 'sdk', type, status, code }) => {
      const error = await errorOf(ask(named(model), makeOpenAi(gateway, keys()[key] ?? '')));
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status, code });
      expect(error.requestID).toMatch(/^[\w-]{36}$/);
      expect(error.message).not.toContain(gateway.key);
    });

    test("a rate limit says when to come back: the provider's hint", async () => {
      const error = await errorOf(ask(named('rate-limited')));
      expect(error.headers?.get('retry-after')).toBe('3');
    });

    test('a stream that breaks throws, after what had come', async () => {
      for (const model of [named('breaks'), named('is-cut')]) {
        const stream = await client.chat.completions.create({ model, messages: hello, stream: true });
        let chunks = 0;
        const reading = async (): Promise<void> => {
          for await (const { model: name } of stream) chunks += name === model ? 1 : 0;
        };
        const error = await errorOf(reading());
        expect(error).toMatchObject({ code: 'stream_interrupted' });
        expect(error).not.toBeInstanceOf(APIConnectionError);
        expect(chunks).toBeGreaterThan(1);
      }
    });
  });

  describe('a client that goes away', () => {
    test('aborting a stream ends the call upstream, and the event says cancelled', async () => {
      const { data: stream, response } = await client.chat.completions
        .create({ model: named('paced'), messages: hello, stream: true })
        .withResponse();
      let chunks = 0;
      for await (const { choices } of stream) {
        chunks += choices.length;
        if (chunks === 3) stream.controller.abort();
      }
      expect(chunks).toBeLessThan(10);
      const event = await gateway.events.eventOf(response.headers.get('x-request-id') ?? '');
      expect(event).toMatchObject({ outcome: 'cancelled', status: 499, errorCode: 'client_closed_request' });
      expect(event.attempts.map((attempt) => attempt.decision)).toEqual(['cancelled']);
      expect(event.tokens.output).toBeGreaterThan(0);
      expect(event.tokens.output, 'the other 190 tokens were not made').toBeLessThan(50);
    });

    test('aborting before the first byte as well', async () => {
      const abort = new AbortController();
      const headers = { 'x-request-id': `aborted-early.${kind}` };
      const call = client.chat.completions.create(
        { model: named('slow'), messages: hello },
        { signal: abort.signal, headers },
      );
      const ended = errorOf(call);
      await waitFor(async () => (await gateway.callsInFlight()) > 0, { message: 'the provider has no call' });
      abort.abort();
      expect(await ended).toBeInstanceOf(APIUserAbortError);
      expect(await gateway.events.eventOf(`aborted-early.${kind}`)).toMatchObject({
        outcome: 'cancelled',
        status: 499,
      });
      await waitFor(async () => (await gateway.callsInFlight()) === 0, {
        message: 'the call goes on upstream',
      });
    });
  });
});
