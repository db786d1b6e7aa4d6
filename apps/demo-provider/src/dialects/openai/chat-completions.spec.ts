import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type ChatChunk,
  chatChunkSchema,
  type ChatCompletion,
  chatCompletionSchema,
} from '../../__fixtures__/openai-answer.schema.js';
import { HI, startTestProvider, type TestProvider, toEvents } from '../../__fixtures__/test-provider.js';

let demo: TestProvider;
beforeAll(async () => {
  demo = await startTestProvider();
});
afterAll(() => demo[Symbol.asyncDispose]());

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2, maximum: 9 } },
      required: ['city', 'days'],
    },
  },
};
const CLOCK = {
  type: 'function',
  function: { name: 'read_clock', parameters: { type: 'object', properties: {} } },
};
const ask = (content: string) => [{ role: 'user', content }];

async function complete(body: Record<string, unknown>): Promise<ChatCompletion> {
  const answer = await demo.chat(body);
  expect(answer.status, answer.text).toBe(200);
  return chatCompletionSchema.parse(JSON.parse(answer.text));
}

async function stream(body: Record<string, unknown>): Promise<ChatChunk[]> {
  const answer = await demo.chat({ stream: true, ...body });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events = toEvents(answer.text);
  expect(events.at(-1)).toBe('[DONE]');
  return events.slice(0, -1).map((event) => chatChunkSchema.parse(JSON.parse(event)));
}

const textOf = (chunks: readonly ChatChunk[], index = 0): string =>
  chunks
    .flatMap(({ choices }) => choices.filter((choice) => choice.index === index))
    .map(({ delta }) => delta.content ?? '')
    .join('');

describe('a plain answer', () => {
  it('has the documented shape and says something about the prompt', async () => {
    const answer = await complete({ model: 'demo-chat', messages: ask('Where does the sun rise?') });
    expect(answer.choices[0]?.message.content).toContain('Where does the sun rise?');
    expect(answer).toMatchObject({ model: 'demo-chat', choices: [{ finish_reason: 'stop' }] });
  });

  it('counts tokens by the documented rule', async () => {
    const messages = [
      { role: 'system', content: 'Be brief' }, // 8 units: 2 tokens
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'data:,' } },
        ],
      },
    ];
    const { usage, choices } = await complete({ messages });
    expect(usage.prompt_tokens).toBe(3 + (3 + 2) + (3 + 1 + 85));
    expect(usage.completion_tokens).toBe(Math.ceil((choices[0]?.message.content?.length ?? 0) / 4));
  });

  it('is the same for the same attempt', async () => {
    const call = async () => {
      const body = { messages: ask('use the tool'), tools: [WEATHER] };
      return JSON.parse(
        (await demo.chat(body, { headers: { 'x-sluice-attempt-id': 'a.1' } })).text,
      ) as ChatCompletion;
    };
    expect((await call()).choices).toEqual((await call()).choices);
  });

  it('counts the images it was sent', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const content = [{ type: 'text', text: 'See' }, image, image];
    const { choices } = await complete({ messages: [{ role: 'user', content }] });
    expect(choices[0]?.message.content).toContain('2 images');
  });

  it('gives n answers that can be told apart, and usage is their sum', async () => {
    const { choices, usage } = await complete({ n: 3 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    const tokens = choices.map(({ message }) => Math.ceil((message.content?.length ?? 0) / 4));
    expect(usage.completion_tokens).toBe(tokens.reduce((sum, count) => sum + count));
  });

  it('ends before the first stop word', async () => {
    const { choices } = await complete({ messages: ask('one two three'), stop: ['three', 'two'] });
    expect(choices[0]?.message.content).toMatch(/one $/);
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  it.each(['max_tokens', 'max_completion_tokens'])('%s ends the answer with length', async (field) => {
    const { choices, usage } = await complete({ [field]: 5 });
    expect(choices[0]?.finish_reason).toBe('length');
    expect(usage.completion_tokens).toBe(5);
  });

  it('a token limit never splits a character of two units', async () => {
    const { choices, usage } = await complete({ messages: ask('😀'.repeat(20)), max_tokens: 26 });
    const content = choices[0]?.message.content ?? '';
    expect(content).toContain('😀');
    expect(content.isWellFormed()).toBe(true);
    expect(usage.completion_tokens).toBeLessThanOrEqual(26);
  });

  it('thinks when asked to, and its thoughts are counted inside the completion', async () => {
    const { choices, usage } = await complete({ reasoning_effort: 'low' });
    expect(choices[0]?.message.reasoning_content).toHaveLength(32);
    expect(usage.completion_tokens_details.reasoning_tokens).toBe(8);
    expect(usage.completion_tokens).toBeGreaterThan(8);
    const without = await complete({ model: 'demo-reasoner', reasoning_effort: 'none' });
    expect(without.choices[0]?.message.reasoning_content).toBeUndefined();
  });
});

describe('tools', () => {
  it('are called when the user asks for one, with arguments that fit the schema', async () => {
    const { choices } = await complete({
      messages: ask('What is the weather in New York?'),
      tools: [WEATHER, CLOCK],
    });
    const [choice] = choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const calls = choice?.message.tool_calls ?? [];
    expect(calls.map((call) => call.function.name)).toEqual(['get_weather']);
    expect(JSON.parse(calls[0]?.function.arguments ?? '')).toEqual({ city: 'New York', days: 2 });
  });

  it('are not called when nothing asks for them', async () => {
    const { choices } = await complete({ messages: ask('Good morning'), tools: [WEATHER] });
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  it.each([
    ['required', ['get_weather']],
    [{ type: 'function', function: { name: 'read_clock' } }, ['read_clock']],
    ['none', []],
  ])('tool_choice %j decides', async (toolChoice, names) => {
    const body = { messages: ask('Good morning'), tools: [WEATHER, CLOCK], tool_choice: toolChoice };
    const calls = (await complete(body)).choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.function.name)).toEqual(names);
  });

  it('are called in parallel on request, each call with its own id, unless that is switched off', async () => {
    const body = { messages: ask('Tell me the weather and the clock'), tools: [WEATHER, CLOCK] };
    const calls = (await complete(body)).choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.function.name)).toEqual(['get_weather', 'read_clock']);
    expect(new Set(calls.map((call) => call.id)).size).toBe(2);
    const single = await complete({ ...body, parallel_tool_calls: false });
    expect(single.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it('are streamed as fragments by index, id and name only in the first, and join to the plain answer', async () => {
    const body = { messages: ask('Tell me the weather and the clock'), tools: [WEATHER, CLOCK] };
    const deltas = (await stream(body)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    const calls: { name: string | undefined; arguments: string }[] = [];
    for (const { index, id, type, function: part } of deltas) {
      expect([id === undefined, type === undefined, part.name === undefined]).toEqual(
        Array(3).fill(index in calls),
      );
      calls[index] ??= { name: part.name, arguments: '' };
      calls[index].arguments += part.arguments;
    }
    const plain = (await complete(body)).choices[0]?.message.tool_calls?.map((call) => call.function);
    expect(calls).toEqual(plain);
  });

  it('are answered with text after their result', async () => {
    const called = [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } }];
    const messages = [
      ...ask('the weather, please'),
      { role: 'assistant', content: null, tool_calls: called },
      { role: 'tool', tool_call_id: 'call_1', content: '{"sun": true}' },
    ];
    const { choices } = await complete({ messages, tools: [WEATHER], tool_choice: 'required' });
    expect(choices[0]?.message.content).toContain('{"sun": true}');
  });
});

describe('structured answers', () => {
  it('json_object is an object', async () => {
    const { choices } = await complete({ response_format: { type: 'json_object' } });
    expect(
      z.record(z.string(), z.unknown()).parse(JSON.parse(choices[0]?.message.content ?? '')),
    ).toMatchObject({ prompt: 'Hi' });
  });

  it('json_schema fits the schema', async () => {
    const shape = z.strictObject({
      answer: z.string(),
      sure: z.boolean(),
      tags: z.array(z.enum(['a', 'b'])),
    });
    const schema = z.toJSONSchema(shape);
    const format = { type: 'json_schema', json_schema: { name: 'reply', strict: true, schema } };
    const { choices } = await complete({ response_format: format });
    expect(() => shape.parse(JSON.parse(choices[0]?.message.content ?? ''))).not.toThrow();
  });
});

describe('a stream', () => {
  it('begins with the role, then content, one finish, and no usage that nobody asked for', async () => {
    const chunks = await stream({ messages: HI });
    const kinds = chunks.map(({ choices: [choice] }) => {
      if (choice?.delta.role !== undefined) return 'role';
      return choice?.finish_reason === null ? 'content' : choice?.finish_reason;
    });
    expect(kinds).toEqual(['role', ...Array<string>(chunks.length - 2).fill('content'), 'stop']);
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
  });

  it('says the same as the plain answer, one token a chunk', async () => {
    const messages = ask('Zoë says 😀 and 👩‍👩‍👧 to you');
    const chunks = await stream({ messages, stream_options: { include_usage: true } });
    const plain = await complete({ messages });
    expect(textOf(chunks)).toBe(plain.choices[0]?.message.content);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: plain.usage });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('thinks before it speaks', async () => {
    const chunks = await stream({ reasoning_effort: 'minimal' });
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    const lastThought = deltas.findLastIndex((delta) => delta.reasoning_content !== undefined);
    const firstWord = deltas.findIndex((delta) => (delta.content ?? '') !== '');
    expect(lastThought).toBeGreaterThan(0);
    expect(firstWord).toBe(lastThought + 1);
  });

  it('gives n answers side by side, each with its own finish', async () => {
    const chunks = await stream({ n: 2 });
    expect(textOf(chunks, 1)).toBe(`${textOf(chunks)} (Answer 2 of 2.)`);
    const finishes = chunks
      .flatMap(({ choices }) => choices)
      .filter((choice) => choice.finish_reason !== null);
    expect(finishes.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('of a fixed length has exactly so many tokens', async () => {
    const chunks = await stream({ model: 'demo-fast+tokens=500', stream_options: { include_usage: true } });
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(500);
    expect(chunks).toHaveLength(500 + 3);
  });

  it('keeps its pace', async () => {
    const startedAt = performance.now();
    const answer = await demo.chat({ model: 'demo-chat+pace=10+tokens=10', stream: true });
    expect(performance.now() - startedAt).toBeGreaterThan(90);
    expect(answer.reads).toBeGreaterThan(5);
  });

  it('is on record with exactly the tokens and bytes that were sent', async () => {
    const answer = await demo.chat(
      { stream: true, model: 'demo-fast+tokens=3000' },
      { headers: { 'x-sluice-attempt-id': 'exact.1' } },
    );
    const serving = (await demo.ledger()).find(({ attemptId }) => attemptId === 'exact.1');
    expect(serving).toMatchObject({
      endpoint: '/v1/chat/completions',
      stream: true,
      status: 200,
      completionTokens: 3000,
      bytesSent: answer.bytes.length,
      ended: 'complete',
      fault: null,
    });
  });
});
