// LangChain's OpenAI chat model against a real edge.
import { AIMessageChunk, HumanMessage, ToolMessage, type UsageMetadata } from '@langchain/core/messages';
import { ChatOpenAI, type ChatOpenAIFields } from '@langchain/openai';
import { describe, expect, test } from 'vitest';
import { gatewayOfAllTests, modelOf, PROVIDER_KINDS } from './sdk-gateway.js';

const gateway = gatewayOfAllTests();

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

/** The types of this version give no usage to a message that is not generic in its tools; it is there. */
const usageOf = (message: { readonly usage_metadata?: unknown }): UsageMetadata | undefined =>
  message.usage_metadata as UsageMetadata | undefined;

describe.each(PROVIDER_KINDS)('@langchain/openai to a provider of the kind %s', (kind) => {
  /** Without retries of its own, so that a test sees each answer. */
  const make = (name: string, more: ChatOpenAIFields = {}): ChatOpenAI =>
    new ChatOpenAI({
      model: modelOf(kind, name),
      apiKey: gateway.key,
      configuration: { baseURL: `${gateway.edge.url}/v1` },
      maxRetries: 0,
      ...more,
    });

  test('invoke gives a text and its usage', async () => {
    const message = await make('fast').invoke('Hello');
    expect(message.text).toContain('Hello');
    expect(message.response_metadata).toMatchObject({
      finish_reason: 'stop',
      model_name: modelOf(kind, 'fast'),
    });
    const usage = usageOf(message);
    expect(usage?.output_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
  });

  test('stream says the same in many pieces and ends with the same usage', async () => {
    const plain = await make('fast').invoke('Zoë says 😀');
    let whole: AIMessageChunk | null = null;
    let pieces = 0;
    for await (const chunk of await make('fast').stream('Zoë says 😀')) {
      whole = whole === null ? chunk : whole.concat(chunk);
      pieces += 1;
    }
    expect(whole?.text).toBe(plain.text);
    expect(pieces).toBeGreaterThan(5);
    expect(whole?.usage_metadata).toMatchObject({
      input_tokens: usageOf(plain)?.input_tokens,
      output_tokens: usageOf(plain)?.output_tokens,
    });
  });

  test.each(['invoke', 'stream'] as const)('tools by %s: a call, its result, an answer', async (way) => {
    const model = make('fast').bindTools([weather]);
    const run = async (messages: Parameters<typeof model.invoke>[0]): Promise<AIMessageChunk> => {
      if (way === 'invoke') return model.invoke(messages);
      let whole: AIMessageChunk | null = null;
      for await (const chunk of await model.stream(messages))
        whole = whole === null ? chunk : whole.concat(chunk);
      return whole ?? new AIMessageChunk('');
    };
    const question = new HumanMessage('What is the weather in Rome?');
    const asked = await run([question]);
    expect(asked.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Rome' } }]);
    const [call] = asked.tool_calls ?? [];
    const result = new ToolMessage({ tool_call_id: call?.id ?? '', content: '21 degrees in Rome' });
    const answer = await run([question, asked, result]);
    expect(answer.text).toContain('21 degrees in Rome');
  });

  test('a structured answer fits its schema', async () => {
    const schema = {
      title: 'person',
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const person: unknown = await make('fast')
      .withStructuredOutput(schema, { method: 'jsonSchema' })
      .invoke('Who?');
    expect(person).toMatchObject({ name: expect.any(String) as string, age: expect.any(Number) as number });
  });

  test('an error keeps its status, and a stream that breaks throws after what had come', async () => {
    // It knows OpenAI's words for a long prompt and makes an error of its own of them; Anthropic's pass as they are.
    const tooLong = kind === 'anthropic' ? { status: 400 } : { name: 'ContextOverflowError' };
    await expect(make('too-long').invoke('Hello')).rejects.toMatchObject(tooLong);
    await expect(make('rate-limited').invoke('Hello')).rejects.toMatchObject({ status: 429 });
    let pieces = 0;
    const reading = async (): Promise<void> => {
      for await (const { text } of await make('breaks').stream('Hello')) pieces += text === '' ? 0 : 1;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'stream_interrupted' });
    expect(pieces).toBe(5);
  });
});
