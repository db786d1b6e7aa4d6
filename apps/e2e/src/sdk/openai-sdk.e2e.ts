// The official SDK against a real edge and a real demo provider: what an application gets.
import type OpenAI from 'openai';
import { APIError, NotFoundError } from 'openai';
import { describe, expect, test } from 'vitest';
import { caughtError, clientOfAllTests, makeOpenAi } from './sdk-clients.js';
import { gatewayOfAllTests, MODEL_NAMES, modelOf, PROVIDER_KINDS } from './sdk-gateway.js';

const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const hello = [{ role: 'user' as const, content: 'Hello' }];

const gateway = gatewayOfAllTests();
const client = clientOfAllTests(makeOpenAi, gateway);

/** The error that a call ends with. */
const errorOf = (call: PromiseLike<unknown>): Promise<APIError> => caughtError(call, APIError);

describe.each(PROVIDER_KINDS)('to a provider of the kind %s', (kind) => {
  const named = (name: string): string => modelOf(kind, name);

  describe('chat', () => {
    test('a plain completion, under the name that was asked for', async () => {
      const { data, response } = await client.chat.completions
        .create({ model: named('fast'), messages: hello })
        .withResponse();
      expect(data).toMatchObject({ object: 'chat.completion', model: named('fast') });
      expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
      expect(data.choices[0]?.message.content?.length).toBeGreaterThan(0);
      const { tokens } = await gateway.events.eventOf(response.headers.get('x-request-id') ?? '');
      expect(tokens).toMatchObject({
        input: data.usage?.prompt_tokens,
        output: data.usage?.completion_tokens,
      });
      expect(response.headers.get('x-sluice-model')).toBe('demo-fast');
    });

    test('a stream gives the text of the plain answer, and no usage when none was asked for', async () => {
      const plain = await client.chat.completions.create({ model: named('fast'), messages: hello });
      const stream = await client.chat.completions.create({
        model: named('fast'),
        messages: hello,
        stream: true,
      });
      let text = '';
      let usages = 0;
      const finish: unknown[] = [];
      for await (const chunk of stream) {
        expect(chunk.model).toBe(named('fast'));
        expect(chunk.choices).toHaveLength(1);
        text += chunk.choices[0]?.delta.content ?? '';
        if (chunk.choices[0]?.finish_reason) finish.push(chunk.choices[0].finish_reason);
        if (chunk.usage) usages += 1;
      }
      expect(text).toBe(plain.choices[0]?.message.content);
      expect({ finish, usages }).toEqual({ finish: ['stop'], usages: 0 });
    });

    test('a stream that was asked for usage ends with it, and the event has the same', async () => {
      const { data: stream, response } = await client.chat.completions
        .create({
          model: named('fast'),
          messages: hello,
          stream: true,
          stream_options: { include_usage: true },
        })
        .withResponse();
      let last: OpenAI.ChatCompletionChunk | null = null;
      for await (const chunk of stream) last = chunk;
      expect(last?.choices).toEqual([]);
      const { tokens, stream: isStream } = await gateway.events.eventOf(
        response.headers.get('x-request-id') ?? '',
      );
      expect(isStream).toBe(true);
      expect(tokens).toMatchObject({
        input: last?.usage?.prompt_tokens,
        output: last?.usage?.completion_tokens,
      });
    });

    test('the SDK puts a stream together to a completion', async () => {
      const completion = await client.chat.completions
        .stream({ model: named('reasoner'), messages: hello })
        .finalChatCompletion();
      expect(completion.choices[0]?.finish_reason).toBe('stop');
      expect(completion.choices[0]?.message.content?.length).toBeGreaterThan(0);
    });

    test('a structured answer fits its schema', async () => {
      const completion = await client.chat.completions.parse({
        model: named('fast'),
        messages: hello,
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 'person',
            strict: true,
            schema: {
              type: 'object',
              properties: { name: { type: 'string' }, age: { type: 'integer' } },
              required: ['name', 'age'],
              additionalProperties: false,
            },
          },
        },
      });
      expect(completion.choices[0]?.message.parsed).toMatchObject({
        name: expect.any(String) as string,
        age: expect.any(Number) as number,
      });
    });
  });

  describe('tools', () => {
    const question = { role: 'user' as const, content: 'What is the weather in Rome?' };

    test('a call, its result, an answer', async () => {
      const asked = await client.chat.completions.create({
        model: named('fast'),
        messages: [question],
        tools: [WEATHER],
      });
      const message = asked.choices[0]?.message;
      const call = message?.tool_calls?.[0];
      if (message === undefined || call?.type !== 'function') throw new Error('no tool was called');
      expect(asked.choices[0]?.finish_reason).toBe('tool_calls');
      expect(call.function.name).toBe('get_weather');
      expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) as string });
      const result = { role: 'tool' as const, tool_call_id: call.id, content: '21 degrees' };
      const answer = await client.chat.completions.create({
        model: named('fast'),
        messages: [question, message, result],
        tools: [WEATHER],
      });
      expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop' });
    });

    test('streamed: two parallel calls, put together from their fragments', async () => {
      const several = {
        role: 'user' as const,
        content: 'The weather in Rome and Oslo: call it twice in parallel',
      };
      const request = { model: named('fast'), messages: [several], tools: [WEATHER] };
      const streamed = await client.chat.completions.stream(request).finalChatCompletion();
      const plain = await client.chat.completions.create(request);
      const callsOf = (completion: OpenAI.ChatCompletion): unknown[] =>
        (completion.choices[0]?.message.tool_calls ?? []).map((call) =>
          call.type === 'function' ? [call.function.name, JSON.parse(call.function.arguments)] : null,
        );
      expect(callsOf(streamed)).toHaveLength(2);
      expect(callsOf(streamed)).toEqual(callsOf(plain));
      expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    });
  });
});

describe('embeddings', () => {
  test("the SDK's default, base64, gives the same numbers as floats", async () => {
    const input = ['one', 'two'];
    const asDefault = await client.embeddings.create({ model: 'embed', input });
    const asFloats = await client.embeddings.create({ model: 'embed', input, encoding_format: 'float' });
    expect(asDefault.model).toBe('embed');
    expect(asDefault.data).toHaveLength(2);
    for (const [index, { embedding }] of asDefault.data.entries()) {
      const floats = asFloats.data[index]?.embedding ?? [];
      expect(embedding.length).toBeGreaterThan(0);
      expect(embedding).toEqual(floats.map(Math.fround));
      expect(embedding.some((value) => value !== 0)).toBe(true);
    }
    expect(asDefault.usage).toEqual(asFloats.usage);
  });
});

describe('models', () => {
  test('the list has what the key may use, in the order of the config', async () => {
    const list = await client.models.list();
    expect(list.data.map((model) => model.id)).toEqual(MODEL_NAMES);
    const narrow = await makeOpenAi(gateway, gateway.narrowKey).models.list();
    expect(narrow.data.map((model) => model.id)).toEqual(['embed']);
  });

  test('one model, whatever is in its name', async () => {
    expect(await client.models.retrieve('openai-compatible.fast')).toMatchObject({
      id: 'openai-compatible.fast',
      object: 'model',
    });
    expect(await client.models.retrieve('anthropic.has-slash/and:colon')).toMatchObject({
      id: 'anthropic.has-slash/and:colon',
    });
    expect(await errorOf(client.models.retrieve('nobody'))).toBeInstanceOf(NotFoundError);
  });
});
