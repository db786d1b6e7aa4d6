// The provider as Anthropic's own SDK sees it.
import type Anthropic from '@anthropic-ai/sdk';
import { BadRequestError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnthropicTest,
  ask,
  callsOf,
  CLOCK,
  errorOf,
  textOf,
  THINKING,
  WEATHER,
  type Params,
  startAnthropicTest,
} from '../../__fixtures__/anthropic-client.js';

let test: AnthropicTest;
beforeAll(async () => {
  test = await startAnthropicTest();
});
afterAll(() => test.demo[Symbol.asyncDispose]());

describe('a plain answer', () => {
  it('has every field of the documented message and says something about the prompt', async () => {
    const { data, request_id: requestId } = await test.client.messages
      .create(ask('Where does the sun rise?'), { headers: { 'x-sluice-attempt-id': 'plain.1' } })
      .withResponse();
    expect(data).toMatchObject({
      id: 'msg_plain.1',
      type: 'message',
      role: 'assistant',
      model: 'demo-fast',
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, service_tier: 'standard' },
    });
    expect(requestId).toBe('plain.1');
    expect(textOf(data)).toContain('Where does the sun rise?');
    expect(data.usage.output_tokens).toBe(Math.ceil(textOf(data).length / 4));
  });

  it('counts tokens by the documented rule, images and results of tools included', async () => {
    const png = { type: 'base64' as const, media_type: 'image/png' as const, data: 'AAAA' };
    const content: Anthropic.ContentBlockParam[] = [
      { type: 'text', text: 'Look' },
      { type: 'image', source: png },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ];
    const message = await test.create(content, { system: 'Be brief' });
    expect(message.usage.input_tokens).toBe(3 + (3 + 2) + (3 + 1 + 2 * 85));
    expect(textOf(message)).toContain('2 images');
  });

  it('count_tokens says what the answer will say, and puts no tokens into the ledger', async () => {
    const more = { tools: [WEATHER], system: 'Be kind' };
    const { model, messages } = ask('Tell me the weather');
    const { input_tokens: counts } = await test.client.messages.countTokens(
      { model, messages, ...more },
      { headers: { 'x-sluice-attempt-id': 'count.1' } },
    );
    expect(counts).toBe((await test.create('Tell me the weather', more)).usage.input_tokens);
    expect(await test.servingOf('count.1')).toMatchObject({
      promptTokens: 0,
      completionTokens: 0,
      status: 200,
    });
  });

  it('ends at max_tokens, or at a stop sequence and says at which', async () => {
    expect(await test.create('Hello', { max_tokens: 5 })).toMatchObject({
      stop_reason: 'max_tokens',
      stop_sequence: null,
      usage: { output_tokens: 5 },
    });
    const stopped = await test.create('one two three', { stop_sequences: ['three', 'two'] });
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'two' });
    expect(textOf(stopped)).toMatch(/one $/);
  });

  it('fits the schema of a structured answer', async () => {
    const schema = {
      type: 'object' as const,
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const message = await test.create('Who?', { output_config: { format: { type: 'json_schema', schema } } });
    expect(JSON.parse(textOf(message))).toEqual({
      name: expect.any(String) as string,
      age: expect.any(Number) as number,
    });
  });

  it('is the same for the same attempt', async () => {
    const call = () =>
      test.client.messages.create(ask('use the tool', { tools: [WEATHER] }), {
        headers: { 'x-sluice-attempt-id': 'same.1' },
      });
    expect(await call()).toEqual(await call());
  });
});

describe('cached tokens', () => {
  const mark = { type: 'ephemeral' as const };
  const system = [{ type: 'text' as const, text: 'A long handbook', cache_control: mark }]; // 15 units: 4 tokens
  const content = [{ type: 'text' as const, text: 'Remember', cache_control: mark }]; // 8 units: 2 tokens

  it('what system marks is read, what messages mark is written, and the sum is the prompt', async () => {
    const plain = (await test.create('Remember', { system: 'A long handbook' })).usage.input_tokens;
    const { usage } = await test.create(content, { system });
    expect(usage).toMatchObject({
      input_tokens: 3,
      cache_read_input_tokens: 3 + 4,
      cache_creation_input_tokens: 3 + 2,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 0 },
    });
    expect(usage.input_tokens + 7 + 5).toBe(plain);
  });

  it('without a mark nothing is cached; the mark of the whole request writes all of it, for an hour if told so', async () => {
    expect((await test.create('Hi')).usage).toMatchObject({ cache_read_input_tokens: 0 });
    const { usage } = await test.create('Hi', { cache_control: { ...mark, ttl: '1h' } });
    expect(usage).toMatchObject({
      input_tokens: 3,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 4 },
    });
  });
});

describe('tools', () => {
  it('are called with an input that fits, and their result is answered with text', async () => {
    const question = ask('What is the weather in New York?', { tools: [WEATHER, CLOCK] });
    const asked = await test.client.messages.create(question);
    const [call] = callsOf(asked);
    expect(asked.stop_reason).toBe('tool_use');
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'New York' } });
    const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: '21 degrees' };
    const answer = await test.client.messages.create({
      ...question,
      messages: [
        ...question.messages,
        { role: 'assistant', content: asked.content },
        { role: 'user', content: [result, { type: 'text', text: 'Tell me the weather, please.' }] },
      ],
    });
    expect(answer.stop_reason).toBe('end_turn');
    expect(textOf(answer)).toContain('21 degrees');
  });

  it.each([
    [{ type: 'any' as const }, ['get_weather']],
    [{ type: 'tool' as const, name: 'read_clock' }, ['read_clock']],
    [{ type: 'none' as const }, []],
  ])('tool_choice %j decides', async (choice, names) => {
    const message = await test.create('Good morning', { tools: [WEATHER, CLOCK], tool_choice: choice });
    expect(callsOf(message).map(({ name }) => name)).toEqual(names);
  });

  it('are called in parallel, each with its own id, unless that is switched off', async () => {
    const question = 'Tell me the weather and the clock';
    const calls = callsOf(await test.create(question, { tools: [WEATHER, CLOCK] }));
    expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'read_clock']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    const one = { type: 'auto' as const, disable_parallel_tool_use: true };
    expect(callsOf(await test.create(question, { tools: [WEATHER, CLOCK], tool_choice: one }))).toHaveLength(
      1,
    );
  });
});

describe('a stream', () => {
  it('is put together by the SDK to the plain answer, with two tools as without any', async () => {
    const headers = { 'x-sluice-attempt-id': 'whole.1' };
    for (const more of [{}, { tools: [WEATHER, CLOCK] }, { thinking: THINKING }]) {
      const request = ask('The weather and the clock: Zoë says 😀', more);
      const streamed = await test.client.messages.stream(request, { headers }).finalMessage();
      const plain = await test.client.messages.create(request, { headers });
      expect(streamed.content).toEqual(plain.content);
      expect(streamed).toMatchObject({ id: plain.id, stop_reason: plain.stop_reason });
      expect(streamed.usage).toMatchObject({ ...plain.usage });
    }
  });

  it('has its events in the documented order, a ping after the first block began', async () => {
    const stream = await test.client.messages.create({
      ...ask('the weather', { tools: [WEATHER] }),
      stream: true,
    });
    const types: string[] = [];
    for await (const { type } of stream) if (types.at(-1) !== type) types.push(type);
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    // The SDK takes pings out; on the wire there is one.
    const { text } = await test.raw(ask('the weather', { tools: [WEATHER] }), { stream: true });
    const names = text.match(/(?<=^event: )\w+$/gm);
    expect(names?.slice(0, 4)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
    ]);
    expect(names?.filter((name) => name === 'ping')).toHaveLength(1);
  });

  it('has one block after the other, each index with its start and its stop', async () => {
    const request = ask('the weather and the clock', { tools: [WEATHER, CLOCK], thinking: THINKING });
    const stream = await test.client.messages.create({ ...request, stream: true });
    const places: string[] = [];
    for await (const event of stream) {
      if (event.type === 'content_block_start') places.push(`+${event.index} ${event.content_block.type}`);
      if (event.type === 'content_block_stop') places.push(`-${event.index}`);
    }
    expect(places).toEqual(['+0 thinking', '-0', '+1 tool_use', '-1', '+2 tool_use', '-2']);
  });

  it('has generated what its usage says, names and inputs of tools and thoughts included', async () => {
    const more = { tools: [WEATHER, CLOCK], thinking: THINKING };
    const headers = { 'x-sluice-attempt-id': 'sum.1' };
    const stream = test.client.messages.stream(ask('The weather and the clock', more), { headers });
    const { usage } = await stream.finalMessage();
    expect(await test.servingOf('sum.1')).toMatchObject({
      promptTokens: usage.input_tokens,
      completionTokens: usage.output_tokens,
    });
  });

  it('is on record with exactly the tokens and bytes that were sent', async () => {
    const answer = await test.raw(ask('Hi', { model: 'demo-fast+tokens=3000' }), {
      stream: true,
      id: 'exact.2',
    });
    expect(await test.servingOf('exact.2')).toMatchObject({
      endpoint: '/v1/messages',
      stream: true,
      status: 200,
      completionTokens: 3000,
      bytesSent: answer.bytes.length,
      ended: 'complete',
    });
  });
});

describe('thinking', () => {
  it('comes first, is signed, and is counted inside the output', async () => {
    const { content, usage } = await test.create('Hello', { thinking: THINKING });
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(content[0]).toMatchObject({ thinking: expect.stringMatching(/\w/) as string });
    expect(usage.output_tokens_details?.thinking_tokens).toBe(16);
    expect(usage.output_tokens).toBeGreaterThan(16);
  });

  it('the reasoner thinks unasked, and not when thinking is disabled; omitted thoughts are counted all the same', async () => {
    const model = 'demo-reasoner+pace=0';
    const types = async (more: Params) =>
      (await test.create('Hi', { model, ...more })).content.map(({ type }) => type);
    expect(await types({})).toEqual(['thinking', 'text']);
    expect(await types({ thinking: { type: 'disabled' } })).toEqual(['text']);
    const hidden = ask('Hi', { thinking: { type: 'adaptive', display: 'omitted' } });
    const message = await test.client.messages
      .stream(hidden, { headers: { 'x-sluice-attempt-id': 'omit.1' } })
      .finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'thinking', thinking: '' });
    expect((await test.servingOf('omit.1')).completionTokens).toBe(message.usage.output_tokens);
  });

  it('has to come back as it was, before the calls that it led to', async () => {
    const question = ask('What is the weather in Rome?', { tools: [WEATHER], thinking: THINKING });
    const asked = await test.client.messages.create(question);
    const answerTo = (content: Anthropic.ContentBlockParam[]) =>
      test.client.messages.create({
        ...question,
        messages: [
          ...question.messages,
          { role: 'assistant', content },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: callsOf(asked)[0]?.id ?? '', content: 'mild' }],
          },
        ],
      });
    expect(textOf(await answerTo(asked.content))).toContain('mild');
    const changed = asked.content.map((block) =>
      block.type === 'thinking' ? { ...block, thinking: 'No' } : block,
    );
    expect((await errorOf(answerTo(changed))).message).toContain('Invalid `signature` in `thinking` block');
    expect((await errorOf(answerTo(asked.content.slice(1)))).message).toContain('Expected `thinking`');
  });
});

describe('models', () => {
  it("are listed in Anthropic's shape to who speaks it, page by page", async () => {
    const all: string[] = [];
    for await (const model of test.client.models.list({ limit: 3 })) all.push(model.id);
    const openAi = (await (await fetch(`${test.demo.provider.baseUrl}/models`)).json()) as {
      data: { id: string }[];
    };
    expect(all).toEqual(openAi.data.map(({ id }) => id));
    const before = await test.client.models.list({ before_id: all[4] ?? '', limit: 2 });
    expect(before.data.map(({ id }) => id)).toEqual(all.slice(2, 4));
    expect(before.has_more).toBe(true);
  });

  it('one of them, or 404 in the dialect', async () => {
    expect(await test.client.models.retrieve('demo-chat')).toMatchObject({ type: 'model', id: 'demo-chat' });
    expect(await errorOf(test.client.models.retrieve('nobody'))).toMatchObject({
      status: 404,
      type: 'not_found_error',
    });
    expect(await errorOf(test.create('Hi', { model: 'nobody' }))).toMatchObject({
      status: 404,
      type: 'not_found_error',
    });
    expect(await errorOf(test.client.models.list({ after_id: 'nobody' }))).toBeInstanceOf(BadRequestError);
  });

  it('what there is not is said in the dialect of who asks', async () => {
    const answer = await test.demo.post('/complete', {}, { headers: { 'anthropic-version': '2023-06-01' } });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });
});
