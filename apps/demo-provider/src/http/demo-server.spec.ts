import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '@sluice/testing';
import { errorSchema } from '../__fixtures__/openai-answer.schema.js';
import { HI, startTestProvider, type TestProvider } from '../__fixtures__/test-provider.js';
import { startDemoProvider } from '../start-demo-provider.js';

let demo: TestProvider;
beforeAll(async () => {
  demo = await startTestProvider();
});
afterAll(() => demo[Symbol.asyncDispose]());
beforeEach(async () => {
  await demo.ops('/ledger', { method: 'DELETE' });
});

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });

describe('bad input', () => {
  it.each<[string, unknown, string | null]>([
    ['no JSON', '{"model":', null],
    ['a list', [], null],
    ['no model', { messages: HI }, 'model'],
    ['a model that is a number', { model: 3, messages: HI }, 'model'],
    ['no messages', { model: 'demo-chat' }, 'messages'],
    ['an empty list of messages', { model: 'demo-chat', messages: [] }, 'messages'],
    [
      'an unknown role',
      { model: 'demo-chat', messages: [{ role: 'boss', content: '' }] },
      'messages[0].role',
    ],
    ['content of a wrong kind', { model: 'demo-chat', ...user(3) }, 'messages[0].content'],
    ['max_tokens 0', { model: 'demo-chat', messages: HI, max_tokens: 0 }, 'max_tokens'],
    ['too many stop words', { model: 'demo-chat', messages: HI, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    ['n 0', { model: 'demo-chat', messages: HI, n: 0 }, 'n'],
    ['temperature 3', { model: 'demo-chat', messages: HI, temperature: 3 }, 'temperature'],
    [
      'a tool without a name',
      { model: 'demo-chat', messages: HI, tools: [{ type: 'function', function: {} }] },
      'tools[0].function.name',
    ],
    ['a choice without tools', { model: 'demo-chat', messages: HI, tool_choice: 'required' }, 'tool_choice'],
    [
      'stream options without a stream',
      { model: 'demo-chat', messages: HI, stream_options: {} },
      'stream_options',
    ],
    [
      'an orphan tool message',
      { model: 'demo-chat', messages: [{ role: 'tool', content: 'x', tool_call_id: 'c' }] },
      'messages[0].tool_call_id',
    ],
    ['an embedding model', { model: 'demo-embed', messages: HI }, 'model'],
  ])('%s is 400 and names the field', async (_name, body, param) => {
    const answer = await demo.post('/chat/completions', body);
    expect(answer.status, answer.text).toBe(400);
    const { error } = errorSchema.parse(JSON.parse(answer.text));
    expect(error).toMatchObject({ type: 'invalid_request_error', param });
  });

  it('an unknown model is 404 model_not_found, and on record', async () => {
    const answer = await demo.chat({ model: 'gpt-4o' });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
    expect(await demo.ledger()).toMatchObject([
      { model: 'gpt-4o', status: 404, ended: 'complete', promptTokens: 0 },
    ]);
  });

  it('an unknown route is 404, a wrong method 405 with the right one', async () => {
    const { baseUrl } = demo.provider;
    const unknown = await fetch(`${baseUrl}/completions`, { method: 'POST' });
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: 'unknown_url' } });
    const get = await fetch(`${baseUrl}/chat/completions`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const post = await fetch(`${baseUrl}/models`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await demo.totals()).all.servings).toBe(0);
  });

  it('a body that is too large is 413', async () => {
    const answer = await demo.post('/chat/completions', JSON.stringify(user('x'.repeat(65 * 1024 * 1024))));
    expect(answer.status).toBe(413);
  });
});

describe('models', () => {
  it('lists the base models first, and finds one by name, faults included', async () => {
    const { baseUrl } = demo.provider;
    const list = (await (await fetch(`${baseUrl}/models`)).json()) as {
      data: { id: string; object: string }[];
    };
    expect(list.data.map(({ id }) => id).slice(0, 4)).toEqual([
      'demo-chat',
      'demo-fast',
      'demo-reasoner',
      'demo-embed',
    ]);
    const id = 'demo-chat+fault=cut:200';
    const one = await fetch(`${baseUrl}/models/${encodeURIComponent(id)}`);
    expect(await one.json()).toMatchObject({ id, object: 'model' });
    expect((await fetch(`${baseUrl}/models/gpt-4o`)).status).toBe(404);
  });
});

describe('a caller that leaves', () => {
  it('ends the generation at once, and the ledger says how far it came', async () => {
    const caller = new AbortController();
    const body = { model: 'demo-chat+pace=20+tokens=1000', stream: true };
    const call = demo.chat(body, { signal: caller.signal, headers: { 'x-sluice-attempt-id': 'gone.1' } });
    await waitFor(async () => (await demo.totals()).concurrency.current === 1);
    caller.abort();
    await call.catch(() => undefined);
    const [serving] = await waitFor(async () => {
      const servings = await demo.ledger();
      return servings.length > 0 && servings;
    });
    expect(serving).toMatchObject({ attemptId: 'gone.1', ended: 'client_gone', promptTokens: 7 });
    expect(serving?.completionTokens).toBeLessThan(500);
    expect((await demo.totals()).concurrency.current).toBe(0);
  });

  it('among many that stay: every call is on record once, as it ended', async () => {
    const calls = Array.from({ length: 60 }, async (_, index) => {
      const caller = new AbortController();
      const leaves = index % 3 === 0;
      const body = { model: leaves ? 'demo-chat+pace=50+tokens=200' : 'demo-fast+tokens=50', stream: true };
      const call = demo.chat(body, {
        signal: caller.signal,
        headers: { 'x-sluice-attempt-id': `many.${index}` },
      });
      if (leaves) setTimeout(() => caller.abort(), index);
      const answer = await call.catch(() => undefined);
      return { attemptId: `many.${index}`, leaves, whole: answer?.whole === true };
    });
    const outcomes = await Promise.all(calls);
    await waitFor(async () => (await demo.totals()).concurrency.current === 0);
    const servings = new Map((await demo.ledger()).map((serving) => [serving.attemptId, serving]));
    for (const { attemptId, leaves, whole } of outcomes) {
      const serving = servings.get(attemptId);
      expect(whole).toBe(!leaves);
      // Who left before the head had arrived was never served: then there is no line.
      if (serving === undefined) expect(leaves).toBe(true);
      else
        expect([serving.ended, serving.completionTokens <= 50]).toEqual([
          leaves ? 'client_gone' : 'complete',
          true,
        ]);
    }
    const { all, succeeded, distinctAttemptIds, concurrency } = await demo.totals();
    expect(all.servings).toBe(servings.size);
    expect(distinctAttemptIds).toBe(servings.size);
    expect(succeeded).toMatchObject({ servings: 40, completionTokens: 40 * 50 });
    expect(concurrency.peak).toBeGreaterThan(1);
  });
});

describe('the process', () => {
  it('names port and variable when the port is taken, and touches no ledger', async () => {
    const port = Number(new URL(demo.provider.baseUrl).port);
    const config = {
      host: '127.0.0.1',
      port,
      opsHost: '127.0.0.1',
      opsPort: 0,
      dataDir: '/nonexistent',
      logLevel: 'silent',
    };
    const start = startDemoProvider({ config, instance: 'second', onError: () => undefined });
    await expect(start).rejects.toThrow(/DEMO_PROVIDER_PORT/);
  });

  it('stops in order: what is in flight may end within the grace', async () => {
    const stopping = await startTestProvider();
    const call = stopping.chat({ model: 'demo-chat+pace=10+tokens=20', stream: true });
    await waitFor(async () => (await stopping.totals()).open === 1);
    await stopping.provider.stop(5_000);
    expect((await call).text.endsWith('data: [DONE]\n\n')).toBe(true);
    await expect(stopping.chat({})).rejects.toThrow('fetch failed');
    await stopping[Symbol.asyncDispose]();
  });

  it('stops though a stall would last for ever', async () => {
    const stopping = await startTestProvider();
    const call = stopping.chat({ model: 'demo-fault-stall', stream: true });
    await waitFor(async () => (await stopping.totals()).open === 1);
    await stopping.provider.stop(50);
    expect(await call).toMatchObject({ whole: false });
    expect(stopping.errors).toEqual([]);
    await stopping[Symbol.asyncDispose]();
  });

  it('is ready and says how much it served', async () => {
    const ready = await demo.ops('/readyz');
    expect(await ready.json()).toMatchObject({ ready: true, servings: 0, concurrent: 0 });
    expect((await demo.ops('/ledger', { method: 'PUT' })).headers.get('allow')).toBe('GET, DELETE');
    expect((await demo.ops('/ledger?limit=none')).status).toBe(400);
  });
});
