// What the gateway promises of every provider kind, to clients of either dialect. A new one passes this suite, or it
// is not in the registry.
import { join } from 'node:path';
import type { ProviderType } from '@sluice/config-schema';
import { describe, expect, test } from 'vitest';
import { aProvider, aRequestBody } from './__fixtures__/requests.js';
import type {
  AnswerContext,
  ClientDialect,
  ProviderAdapter,
  RequestBody,
  StreamContext,
} from './provider-adapter.js';
import { CHAT_ADAPTERS, MESSAGES_ADAPTERS } from './registry.js';
import { readFixture, readPieces } from './translate/__fixtures__/read-stream.js';

const SECRET = 'sk-of-the-gateway';
const TERMINAL: Readonly<Record<ClientDialect, RegExp>> = {
  chat: /^data: \[DONE\]$/m,
  messages: /^event: message_stop$/m,
};

type Subject = readonly [dialect: ClientDialect, type: ProviderType, adapter: ProviderAdapter];
// Both are full records: each kind is here once for each dialect.
const SUBJECTS = [
  ...Object.entries(CHAT_ADAPTERS).map(([type, adapter]) => ['chat', type, adapter] as Subject),
  ...Object.entries(MESSAGES_ADAPTERS).map(([type, adapter]) => ['messages', type, adapter] as Subject),
];

/** Streams in the provider's own dialect. */
function fixturesOf(type: ProviderType): string[] {
  const names = ['text', 'tools'];
  return type === 'anthropic'
    ? names.map((name) => readFixture(join(import.meta.dirname, 'anthropic'), `${name}.events.txt`))
    : names.map((name) => readFixture(join(import.meta.dirname, 'openai-compatible'), `${name}.chunks.txt`));
}

describe.each(SUBJECTS)('a client of %s over %s', (dialect, type, adapter) => {
  const provider = aProvider({ type });
  const [endpoint = 'messages'] = adapter.endpoints;
  const ANSWER: AnswerContext = {
    endpoint,
    model: 'the-client-s-name',
    base64: false,
    createdSeconds: 1_790_000_000,
    answerId: 'an-event',
  };
  const STREAM: StreamContext = { ...ANSWER, hideUsage: false, choices: 1 };
  const aBody = (text: string, change: Partial<RequestBody> = {}): RequestBody =>
    aRequestBody(text, { endpoint, ...change });

  test('addresses are below the base address and carry the credential in a header only', () => {
    for (const each of adapter.endpoints) {
      const { origin, path, headers } = adapter.address(provider, each);
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
    expect(adapter.address(slashed, endpoint)).toEqual(adapter.address(provider, endpoint));
  });

  test("the operator's headers go along; without a key there is no credential", () => {
    const custom = adapter.address({ ...provider, headers: { 'x-team': 'ml' } }, endpoint);
    expect(custom.headers['x-team']).toBe('ml');
    const open = { ...provider, apiKey: undefined };
    const { headers } = adapter.address(open, endpoint);
    expect(Object.keys(headers).filter((name) => /authorization|key/.test(name))).toEqual([]);
  });

  test("the provider's model goes up, the client's name does not", () => {
    const body = aBody('{"model":"the-client-s-name","messages":[{"role":"user","content":"é"}]}');
    const sent = adapter.toUpstreamBody(body, provider, 'their-model').toString();
    expect(sent).not.toContain('the-client-s-name');
    expect(JSON.parse(sent)).toMatchObject({ model: 'their-model', messages: [{ role: 'user' }] });
    expect(sent).toContain('é');
  });

  test('usage of a stream is always asked for, unless the provider counts anyway', () => {
    const streamed = aBody('{"model":"m","stream":true,"messages":[]}', { stream: true });
    const sent = adapter.toUpstreamBody(streamed, provider, 'm').toString();
    expect(sent.includes('include_usage')).toBe(type !== 'anthropic');
  });

  test('usage that the client did not ask for is hidden from it, if its dialect leaves it the choice', () => {
    const plain = aBody('{"model":"m","messages":[]}');
    const streamed = aBody('{"model":"m","stream":true,"messages":[]}', { stream: true });
    expect(adapter.forcesUsage(plain, provider)).toBe(false);
    expect(adapter.forcesUsage(streamed, provider)).toBe(dialect === 'chat');
    expect(adapter.forcesUsage({ ...streamed, includeUsage: true }, provider)).toBe(false);
    const [text = ''] = fixturesOf(type);
    const shown = (hideUsage: boolean): boolean =>
      readPieces(adapter.openStream({ ...STREAM, hideUsage }), [Buffer.from(text)]).text.includes('_tokens"');
    expect([shown(false), shown(true)]).toEqual([true, dialect === 'messages']);
  });

  test.each(fixturesOf(type))('a good stream %#, cut at any byte, reads the same and is whole', (text) => {
    const bytes = Buffer.from(text);
    const whole = readPieces(adapter.openStream(STREAM), [bytes]);
    expect(whole.end.kind).toBe('complete');
    expect(whole.text).toMatch(TERMINAL[dialect]);
    expect(whole.text).toContain('the-client-s-name');
    for (let at = 1; at < bytes.length; at += 1) {
      const cut = readPieces(adapter.openStream(STREAM), [bytes.subarray(0, at), bytes.subarray(at)]);
      if (cut.text !== whole.text || cut.end.kind !== 'complete')
        expect.fail(`differs when cut at byte ${at}`);
    }
  });

  test.each(fixturesOf(type))('a good stream %#, broken at any byte, never has a false end', (text) => {
    const bytes = Buffer.from(text);
    const whole = readPieces(adapter.openStream(STREAM), [bytes]);
    for (let at = 0; at < bytes.length; at += 1) {
      const { text: got, end } = readPieces(adapter.openStream(STREAM), [bytes.subarray(0, at)]);
      const hasTerminal = TERMINAL[dialect].test(got);
      if (hasTerminal !== (end.kind === 'complete')) expect.fail(`a false end after byte ${at}`);
      if (!hasTerminal && !whole.text.startsWith(got)) expect.fail(`broken at byte ${at} it is no beginning`);
    }
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
    const [text = ''] = fixturesOf(type);
    const [one, other] = [adapter.openStream(STREAM), adapter.openStream(STREAM)];
    one.push(Buffer.from(text));
    expect([one.hasContent, other.hasContent]).toEqual([true, false]);
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

  test("a refusal goes through as it is only to a client of the provider's own dialect", () => {
    const isSame = (dialect === 'messages') === (type === 'anthropic');
    const refusal = '{"type":"error","error":{"type":"invalid_request_error","message":"no","code":400}}';
    expect(adapter.readFailure(400, Buffer.from(refusal)).passable).toBe(isSame);
    expect(adapter.readFailure(400, Buffer.from('<html>')).passable).toBe(false);
    const inside = adapter.fromAnswer(Buffer.from(refusal), ANSWER);
    expect(inside.kind).toBe('failure');
    if (inside.kind === 'failure' && !isSame) expect(inside.failure.passable).toBe(false);
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
