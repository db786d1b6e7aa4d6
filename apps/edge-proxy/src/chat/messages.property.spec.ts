// Whatever a client of Anthropic's dialect sends: an answer in its shape, and exactly one event.
import { Agent } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  asMessages,
  COUNT_TOKENS,
  message,
  MESSAGES,
  messagesErrorOf,
} from '../__fixtures__/anthropic-replies.js';
import { completion, type FakeProvider, startFakeProvider } from '../__fixtures__/fake-provider.js';
import { call } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
afterAll(() => agent.destroy());

const FIELDS = [
  ...['messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'metadata', 'max_tokens'],
  ...['stop_sequences', 'temperature', 'top_k', 'stream', 'stream_options', 'unknown', 'Model'],
];
const WORDS = [
  ...['user', 'assistant', 'system', 'text', 'image', 'document', 'tool_use', 'tool_result', 'thinking'],
  ...['base64', 'url', 'auto', 'any', 'tool', 'none', 'custom', 'enabled', 'high', 'json_schema', 'x', ''],
];
const KEYS = [
  ...['role', 'content', 'type', 'text', 'id', 'name', 'input', 'tool_use_id', 'source', 'data', 'signature'],
  ...['media_type', 'input_schema', 'format', 'schema', 'effort', 'budget_tokens', 'user_id'],
];
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(...WORDS),
    fc.constantFrom(null, true, false, 0, -1, 0.5, 1024, 1e300),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 5 }),
  ),
}));
const body = fc
  .tuple(
    fc.constantFrom('m', 'm', 'm', 'nobody', 7),
    fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 6 }),
  )
  .map(([model, fields]) => ({ model, ...fields }));

/** Bad answers are this provider's way: no breaker opens, nothing is repeated. */
const PATIENT = {
  retry: { maxAttempts: 1 },
  circuitBreaker: { consecutiveFailures: 1_000_000, minRequests: 1_000_000 },
};

describe.each([
  ['anthropic', message('Hi')],
  ['openai-compatible', completion('Hi')],
])('over a provider of type %s', (type, reply) => {
  let provider: FakeProvider;
  let edge: TestEdge;
  beforeAll(async () => {
    provider = await startFakeProvider(reply);
    edge = await startTestEdge(modelOver([provider], { provider: { type }, sections: PATIENT }));
  });
  afterAll(async () => {
    await edge[Symbol.asyncDispose]();
    await provider.stop();
  });

  test('any request is answered or refused by name, never with a bug', async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(MESSAGES, COUNT_TOKENS), async (request, path) => {
        edge.sink.events.length = 0;
        const given = await call(edge.port, asMessages({ path, body: request, agent }));
        // This provider never streams, so a stream is answered with 502.
        expect([200, 400, 404, 502]).toContain(given.status);
        if (given.status !== 200) expect(messagesErrorOf(given).code).not.toBe('internal_error');
        expect(await edge.sink.theEvent()).toMatchObject({ status: given.status });
      }),
      { numRuns: 150 },
    );
    expect(edge.log.filter(({ msg }) => msg === 'a request met a bug')).toEqual([]);
  });
});
