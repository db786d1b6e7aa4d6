// What the gateway promises of every provider kind. A new one passes this suite, or it is not in the registry.
import type { ProviderType } from '@sluice/config-schema';
import { describe, expect, test } from 'vitest';
import { aProvider, aRequestBody } from './__fixtures__/requests.js';
import type { AnswerContext, ProviderAdapter, StreamContext } from './provider-adapter.js';
import { PROVIDER_ADAPTERS } from './registry.js';

const ANSWER: AnswerContext = { endpoint: 'chat.completions', model: 'the-client-s-name', base64: false };
const STREAM: StreamContext = { ...ANSWER, hideUsage: false, choices: 1 };
const SECRET = 'sk-of-the-gateway';

// A full record: ADAPTERS names each kind once.
const ADAPTERS = Object.entries(PROVIDER_ADAPTERS) as [ProviderType, ProviderAdapter][];

describe.each(ADAPTERS)('%s', (type, adapter) => {
  const provider = aProvider({ type });

  test('addresses are below the base address and carry the credential in a header only', () => {
    for (const endpoint of ['chat.completions', 'embeddings'] as const) {
      const { origin, path, headers } = adapter.address(provider, endpoint);
      expect(origin).toBe('https://llm.example.com');
      expect(path.startsWith('/api/v1/')).toBe(true);
      expect(path).not.toContain(SECRET);
      expect(Object.values(headers).join('\n')).toContain(SECRET);
      expect(Object.keys(headers)).toEqual(Object.keys(headers).map((name) => name.toLowerCase()));
      expect(headers['content-type']).toBe('application/json');
      expect(headers['accept-encoding'], 'bodies are relayed as they come').toBe('identity');
    }
  });

  test('a base address with a slash at its end gives the same path', () => {
    const slashed = { ...provider, baseUrl: 'https://llm.example.com/api/v1/' };
    expect(adapter.address(slashed, 'embeddings')).toEqual(adapter.address(provider, 'embeddings'));
  });

  test("the operator's headers go along; without a key there is no credential", () => {
    const custom = adapter.address({ ...provider, headers: { 'x-team': 'ml' } }, 'embeddings');
    expect(custom.headers['x-team']).toBe('ml');
    const open = { ...provider, apiKey: undefined };
    expect(adapter.address(open, 'embeddings').headers).not.toHaveProperty('authorization');
  });

  test("the provider's model goes up, the client's name does not", () => {
    const body = aRequestBody('{"model":"the-client-s-name","messages":[{"role":"user","content":"é"}]}');
    const sent = adapter.toUpstreamBody(body, provider, 'their-model').toString();
    expect(sent).toContain('their-model');
    expect(sent).not.toContain('the-client-s-name');
    expect(JSON.parse(sent)).toMatchObject({ messages: [{ role: 'user', content: 'é' }] });
  });

  test('usage is forced on exactly when the body that goes up asks for it and the client did not', () => {
    const plain = aRequestBody('{"model":"m"}');
    const streamed = aRequestBody('{"model":"m","stream":true}', { stream: true });
    expect(adapter.forcesUsage(plain, provider)).toBe(false);
    expect(adapter.forcesUsage(streamed, provider)).toBe(true);
    expect(adapter.toUpstreamBody(streamed, provider, 'm').toString()).toContain('include_usage');
    expect(adapter.forcesUsage({ ...streamed, includeUsage: true }, provider)).toBe(false);
  });

  test('bytes that are no answer are never one', () => {
    for (const text of ['', '{', 'null', '[]', '{}', '<html></html>', '{"error":{"message":"x"}}', '\0']) {
      expect(adapter.fromAnswer(Buffer.from(text), ANSWER).kind).not.toBe('answer');
    }
  });

  test('a stream of nothing, of garbage, or of an error is never complete', () => {
    for (const text of ['', '\n\n', '{}', 'data: {', 'data: {}\n\n', ': x\n\n', '<html>\n\n</html>\n\n']) {
      const reader = adapter.openStream(STREAM);
      reader.push(Buffer.from(text));
      expect((reader.fatal ?? reader.end()).kind, text).not.toBe('complete');
    }
  });

  test('two streams do not know each other', () => {
    const [one, other] = [adapter.openStream(STREAM), adapter.openStream(STREAM)];
    one.push(Buffer.from('data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'));
    expect(other.hasContent).toBe(false);
    expect(other.end().kind).toBe('broken');
  });

  test('a refusal is read whatever its body is, and its words are bounded', () => {
    const bodies = ['', '{', 'null', '[]', '"x"', '{"error":null}', 'a'.repeat(100_000), '\u0000'];
    for (const status of [301, 400, 401, 404, 429, 500, 529]) {
      for (const body of bodies) {
        const failure = adapter.readFailure(status, Buffer.from(body));
        expect(failure.status).toBe(status);
        expect(failure.message.length).toBeGreaterThan(0);
        expect(failure.message.length).toBeLessThanOrEqual(1024);
      }
    }
  });

  test('a bad credential is told from a bad request, and money from rate', () => {
    const read = (status: number, code: string): ReturnType<ProviderAdapter['readFailure']> =>
      adapter.readFailure(status, Buffer.from(JSON.stringify({ error: { message: 'no', code } })));
    expect(read(400, 'invalid_api_key').credentialRejected).toBe(true);
    expect(read(400, 'invalid_value').credentialRejected).toBe(false);
    expect(read(429, 'insufficient_quota').quotaExhausted).toBe(true);
    expect(read(429, 'rate_limit_exceeded').quotaExhausted).toBe(false);
  });
});
