// The AI SDK (`ai`) with its three providers against a real edge. @ai-sdk/openai speaks the Responses API unless told
// otherwise; the edge does not serve that yet, so `.chat()` is asked for.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  generateText,
  jsonSchema,
  type LanguageModel,
  stepCountIs,
  streamText,
  tool,
} from 'ai';
import { describe, expect, test } from 'vitest';
import { gatewayOfAllTests, modelOf, PROVIDER_KINDS } from './sdk-gateway.js';

const gateway = gatewayOfAllTests();

const origin = (): { baseURL: string; apiKey: string } => ({
  baseURL: `${gateway.edge.url}/v1`,
  apiKey: gateway.key,
});

const CLIENTS: Readonly<Record<string, (model: string) => LanguageModel>> = {
  '@ai-sdk/openai': (model) => createOpenAI(origin()).chat(model),
  '@ai-sdk/openai-compatible': (model) =>
    createOpenAICompatible({ name: 'sluice', includeUsage: true, ...origin() }).chatModel(model),
  '@ai-sdk/anthropic': (model) => createAnthropic(origin())(model),
};

const weather = tool({
  description: 'Weather of a city',
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  }),
  execute: ({ city }) => `21 degrees in ${city}`,
});

const pairs = Object.keys(CLIENTS).flatMap((client) => PROVIDER_KINDS.map((kind) => ({ client, kind })));

describe.each(pairs)('$client to a provider of the kind $kind', ({ client, kind }) => {
  /** Without retries of its own, so that a test sees each answer. */
  const call = (prompt: string, name = 'fast') => {
    const model = CLIENTS[client]?.(modelOf(kind, name));
    if (model === undefined) throw new Error(`there is no ${client}`);
    return { model, prompt, maxRetries: 0, maxOutputTokens: 2_000 };
  };

  test('a plain text, with the usage that is recorded', async () => {
    const { text, finishReason, usage, finalStep } = await generateText(call('Hello'));
    expect(text).toContain('Hello');
    expect(finishReason).toBe('stop');
    const event = await gateway.events.eventOf(finalStep.response.headers?.['x-request-id'] ?? '');
    expect(event.tokens).toMatchObject({ input: usage.inputTokens, output: usage.outputTokens });
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  test('a stream says the same in many pieces and ends with the same usage', async () => {
    const plain = await generateText(call('Zoë says 😀'));
    const stream = streamText(call('Zoë says 😀'));
    const pieces: string[] = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    expect(pieces.join('')).toBe(plain.text);
    expect(pieces.length).toBeGreaterThan(5);
    expect(await stream.finishReason).toBe('stop');
    expect(await stream.usage).toMatchObject({
      inputTokens: plain.usage.inputTokens,
      outputTokens: plain.usage.outputTokens,
    });
  });

  test('tools: the SDK calls, sends the result and gets an answer', async () => {
    const question = { ...call('What is the weather in Rome?'), tools: { get_weather: weather } };
    const { text, steps } = await generateText({ ...question, stopWhen: stepCountIs(3) });
    expect(steps).toHaveLength(2);
    expect(steps[0]?.finishReason).toBe('tool-calls');
    expect(steps[0]?.toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Rome' } }]);
    expect(text).toContain('21 degrees in Rome');
  });

  test('tools in a stream: parallel calls, their results, an answer', async () => {
    const question = {
      ...call('The weather in Rome and Oslo, twice in parallel'),
      tools: { get_weather: weather },
    };
    const stream = streamText({ ...question, stopWhen: stepCountIs(3) });
    const types: string[] = [];
    for await (const part of stream.stream) types.push(part.type);
    expect(types.filter((type) => type === 'tool-call')).toHaveLength(2);
    expect(types.filter((type) => type === 'error')).toEqual([]);
    expect(await stream.text).toContain('21 degrees');
    expect(await stream.steps).toHaveLength(2);
  });

  test('thoughts are told from the text', async () => {
    const { finalStep, text, usage } = await generateText(call('Hello', 'reasoner'));
    expect(text).not.toContain('Let me think');
    // @ai-sdk/openai does not read what OpenAI itself does not send.
    if (client !== '@ai-sdk/openai') expect(finalStep.reasoningText).toContain('Let me think');
    expect(usage.outputTokens).toBeGreaterThan(16);
  });

  test.each([
    ['too-long', 400],
    ['rate-limited', 429],
    ['unavailable', 502],
  ])('%s is an error of the SDK with status %i', async (name, status) => {
    const error: unknown = await generateText(call('Hello', name)).catch((caught: unknown) => caught);
    if (!APICallError.isInstance(error)) throw new Error(`no APICallError: ${String(error)}`);
    expect(error.statusCode).toBe(status);
    expect(error.isRetryable).toBe(status !== 400);
  });

  test('a stream that breaks is an error, never an end', async () => {
    const errors: unknown[] = [];
    const stream = streamText({
      ...call('Hello', 'breaks'),
      onError: ({ error }) => void errors.push(error),
    });
    const types: string[] = [];
    for await (const part of stream.stream) types.push(part.type);
    expect(types).toContain('text-delta');
    expect(types).toContain('error');
    expect(errors.length).toBeGreaterThan(0);
  });
});
