// Anthropic's SDK against a real edge: the provider behind it speaks Anthropic, or OpenAI and is translated.
import type Anthropic from '@anthropic-ai/sdk';
import { type APIError, NotFoundError } from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { clientOfAllTests, makeAnthropic } from './sdk-clients.js';
import { gatewayOfAllTests, MODEL_NAMES, modelOf, PROVIDER_KINDS } from './sdk-gateway.js';

const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

const gateway = gatewayOfAllTests();
const client = clientOfAllTests(makeAnthropic, gateway);

type Params = Partial<Anthropic.MessageCreateParamsNonStreaming>;

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');
const callsOf = ({ content }: Anthropic.Message): Anthropic.ToolUseBlock[] =>
  content.filter((block) => block.type === 'tool_use');
/** What went in, cached or not. */
const promptOf = ({ usage }: Anthropic.Message): number =>
  usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);

describe.each(PROVIDER_KINDS)('to a provider of the kind %s', (kind) => {
  const ask = (content: Anthropic.MessageParam['content'], more: Params = {}) => ({
    model: modelOf(kind, 'fast'),
    max_tokens: 4096,
    messages: [{ role: 'user' as const, content }],
    ...more,
  });

  describe('messages', () => {
    test('a plain message, under the name that was asked for, with the usage that is recorded', async () => {
      const request = ask('Hello');
      const { data, response } = await client.messages.create(request).withResponse();
      expect(data).toMatchObject({
        type: 'message',
        role: 'assistant',
        model: request.model,
        stop_reason: 'end_turn',
      });
      expect(data.id).toMatch(/^msg_/);
      expect(textOf(data)).toContain('Hello');
      const event = await gateway.events.eventOf(response.headers.get('x-request-id') ?? '');
      expect(event).toMatchObject({ endpoint: 'messages', outcome: 'succeeded', provider: kind });
      expect(event.tokens).toMatchObject({ input: promptOf(data), output: data.usage.output_tokens });
      expect(data.usage.output_tokens).toBeGreaterThan(0);
    });

    test('the helpers put a stream together to the plain message', async () => {
      const texts: string[] = [];
      const stream = client.messages.stream(ask('Zoë says 😀'));
      stream.on('text', (text) => texts.push(text));
      const streamed = await stream.finalMessage();
      const plain = await client.messages.create(ask('Zoë says 😀'));
      expect(textOf(streamed)).toBe(textOf(plain));
      expect(texts.join('')).toBe(textOf(plain));
      expect(texts.length).toBeGreaterThan(5);
      expect(streamed).toMatchObject({ model: plain.model, stop_reason: 'end_turn', stop_sequence: null });
      expect(promptOf(streamed)).toBe(promptOf(plain));
      expect(streamed.usage.output_tokens).toBe(plain.usage.output_tokens);
    });

    test('the events of a stream come in their order, each block between its start and its stop', async () => {
      const question = ask('Call the weather twice in parallel: Rome, Oslo', { tools: [WEATHER] });
      const stream = await client.messages.create({ ...question, stream: true });
      const order: string[] = [];
      for await (const event of stream) {
        const at = 'index' in event ? `${event.type} ${event.index}` : event.type;
        if (order.at(-1) !== at) order.push(at);
      }
      const block = (index: number): string[] =>
        ['start', 'delta', 'stop'].map((part) => `content_block_${part} ${index}`);
      expect(order).toEqual(['message_start', ...block(0), ...block(1), 'message_delta', 'message_stop']);
    });

    test('max_tokens and a stop sequence end it, and it says which', async () => {
      const short = await client.messages.create(ask('Hello', { max_tokens: 5 }));
      expect(short).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } });
      const stopped = await client.messages.create(ask('one two three', { stop_sequences: ['two'] }));
      expect(textOf(stopped)).toMatch(/one $/);
      // OpenAI's dialect does not tell a stop word from the end.
      expect(stopped.stop_reason).toBe(kind === 'anthropic' ? 'stop_sequence' : 'end_turn');
    });

    test('system text, images and what JSON should look like arrive', async () => {
      const png = { type: 'base64' as const, media_type: 'image/png' as const, data: 'iVBORw0KGgo=' };
      const content = [
        { type: 'text' as const, text: 'Look' },
        { type: 'image' as const, source: png },
      ];
      const seen = await client.messages.create(ask(content, { system: 'Be brief' }));
      expect(textOf(seen)).toContain('1 image');
      // The demo's rule: 3, and 3 a message, 4 characters a token, 85 an image.
      expect(promptOf(seen)).toBe(3 + (3 + 2) + (3 + 1 + 85));
      const schema = {
        type: 'object' as const,
        properties: { name: { type: 'string' }, age: { type: 'integer' } },
        required: ['name', 'age'],
        additionalProperties: false,
      };
      const person = await client.messages.create(
        ask('Who?', { output_config: { format: { type: 'json_schema', schema } } }),
      );
      expect(JSON.parse(textOf(person))).toMatchObject({ age: expect.any(Number) as number });
    });

    test('thoughts come before the text, plain and streamed, and may be sent back', async () => {
      const request = ask('Hello', { model: modelOf(kind, 'reasoner') });
      const plain = await client.messages.create(request);
      const streamed = await client.messages.stream(request).finalMessage();
      for (const message of [plain, streamed]) {
        expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
        expect(message.content[0]).toMatchObject({ thinking: expect.stringMatching(/think/) as string });
        const next = await client.messages.create({
          ...request,
          messages: [
            ...request.messages,
            { role: 'assistant', content: message.content },
            { role: 'user', content: 'Go on' },
          ],
        });
        expect(textOf(next)).toContain('Go on');
      }
    });
  });

  describe('tools', () => {
    const question = (more: Params = {}) =>
      ask('What is the weather in Rome?', { tools: [WEATHER], ...more });

    test.each(['plain', 'streamed'])('a call, its result, an answer: %s', async (way) => {
      const run = (request: Anthropic.MessageCreateParamsNonStreaming): Promise<Anthropic.Message> =>
        way === 'plain' ? client.messages.create(request) : client.messages.stream(request).finalMessage();
      const asked = await run(question());
      const [call, ...more] = callsOf(asked);
      if (call === undefined) throw new Error('no tool was called');
      expect(more).toEqual([]);
      expect(asked.stop_reason).toBe('tool_use');
      expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Rome' } });
      const answer = await run({
        ...question(),
        messages: [
          ...question().messages,
          { role: 'assistant', content: asked.content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '21 degrees' }] },
        ],
      });
      expect(textOf(answer)).toContain('21 degrees');
      expect(answer.stop_reason).toBe('end_turn');
    });

    test('parallel calls, put together from a stream, are those of the plain message', async () => {
      const several = ask('The weather in Rome and Oslo: twice in parallel', { tools: [WEATHER] });
      const inputs = (message: Anthropic.Message) => callsOf(message).map(({ name, input }) => [name, input]);
      const streamed = await client.messages.stream(several).finalMessage();
      const plain = await client.messages.create(several);
      expect(inputs(streamed)).toHaveLength(2);
      expect(inputs(streamed)).toEqual(inputs(plain));
      expect(new Set(callsOf(streamed).map(({ id }) => id)).size).toBe(2);
    });

    test('tool_choice decides', async () => {
      const names = async (choice: Anthropic.ToolChoice) => {
        const message = await client.messages.create(
          ask('Good day', { tools: [WEATHER], tool_choice: choice }),
        );
        return callsOf(message).map(({ name }) => name);
      };
      expect(await names({ type: 'any' })).toEqual(['get_weather']);
      expect(await names({ type: 'tool', name: 'get_weather' })).toEqual(['get_weather']);
      expect(await names({ type: 'none' })).toEqual([]);
    });
  });

  test('count_tokens counts, or says that it cannot where the provider has no count', async () => {
    const { model, messages } = ask('Hello there, how many am I?');
    const { input_tokens: counted } = await client.messages.countTokens({ model, messages });
    const plain = await client.messages.create(ask('Hello there, how many am I?'));
    if (kind === 'anthropic') expect(counted).toBe(promptOf(plain));
    // Estimated: of the right size, not exact.
    else expect(Math.abs(counted - promptOf(plain))).toBeLessThan(promptOf(plain));
  });
});

describe('models', () => {
  test("the list is in Anthropic's shape, in the order of the config, all pages", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 5 })) {
      expect(model).toMatchObject({ type: 'model', display_name: model.id });
      expect(Date.parse(model.created_at)).toBeGreaterThan(0);
      ids.push(model.id);
    }
    expect(ids).toEqual(MODEL_NAMES);
    const narrow = await makeAnthropic(gateway, gateway.narrowKey).models.list();
    expect(narrow.data.map(({ id }) => id)).toEqual(['embed']);
  });

  test('one model, whatever is in its name; an unknown one is the not-found error of the SDK', async () => {
    const id = 'anthropic.has-slash/and:colon';
    expect(await client.models.retrieve(id)).toMatchObject({ id, type: 'model' });
    const error: unknown = await client.models.retrieve('nobody').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as APIError).type).toBe('not_found_error');
  });
});
