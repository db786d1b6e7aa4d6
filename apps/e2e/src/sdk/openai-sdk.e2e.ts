// The official SDK against a real edge and a real demo provider: what an application gets.
import { randomBytes } from 'node:crypto';
import OpenAI, {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { type ServiceProcess, startDemoProvider, startEdge } from '../cases/edge-process.js';
import { type EventLog, startEventLog } from '../cases/event-log.js';

const KEY = `sdk-${randomBytes(24).toString('hex')}`;
const NARROW_KEY = `narrow-${randomBytes(24).toString('hex')}`;
/** Names of the demo provider's models: what follows the name is its misbehaviour. */
const MODELS = {
  fast: 'demo-fast',
  paced: 'demo-chat+pace=40+tokens=200',
  embed: 'demo-embed',
  reasoner: 'demo-reasoner+pace=0',
  'rate-limited': 'demo-fault-429:3',
  'no-quota': 'demo-fault-quota',
  'too-long': 'demo-fault-context',
  slow: 'demo-fast+fault=slow:30000',
  unavailable: 'demo-fault-503',
  breaks: 'demo-fast+tokens=40+fault=error-event:5',
  'is-cut': 'demo-fast+tokens=40+fault=end:5',
  'has-slash/and:colon': 'demo-fast',
};

const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const hello = [{ role: 'user' as const, content: 'Hello' }];

let demo: ServiceProcess;
let edge: ServiceProcess;
let events: EventLog;
let client: OpenAI;

beforeAll(async () => {
  [demo, events] = await Promise.all([startDemoProvider(), startEventLog()]);
  const demoProvider = { type: 'openai-compatible', baseUrl: `${demo.url}/v1`, allowPrivateNetwork: true };
  const models = Object.entries(MODELS).map(([name, model]) => [
    name,
    { routes: [{ provider: 'demo', model }] },
  ]);
  edge = await startEdge({
    natsUrl: events.natsUrl,
    config: {
      providers: { demo: demoProvider },
      models: Object.fromEntries(models) as unknown,
      keys: [
        { name: 'sdk', key: KEY, models: ['*', 'has-slash/*'] },
        { name: 'narrow', key: NARROW_KEY, models: ['embed'] },
      ],
    },
  });
  client = makeClient(KEY);
});

afterAll(async () => {
  await edge.stop();
  await Promise.all([demo.stop(), events.close()]);
});

/** Without retries of its own, so that a test sees each answer. */
const makeClient = (apiKey: string): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${edge.url}/v1`, maxRetries: 0 });

/** The error that a call ends with. */
async function errorOf(call: PromiseLike<unknown>): Promise<APIError> {
  const caught = await Promise.resolve(call).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(caught instanceof APIError)) throw new Error(`no API error: ${String(caught)}`);
  return caught;
}

describe('chat', () => {
  test('a plain completion, under the name that was asked for', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'fast', messages: hello })
      .withResponse();
    expect(data).toMatchObject({ object: 'chat.completion', model: 'fast' });
    expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(data.choices[0]?.message.content?.length).toBeGreaterThan(0);
    const { tokens } = await events.eventOf(response.headers.get('x-request-id') ?? '');
    expect(tokens).toMatchObject({ input: data.usage?.prompt_tokens, output: data.usage?.completion_tokens });
    expect(response.headers.get('x-sluice-model')).toBe('demo-fast');
  });

  test('a stream gives the text of the plain answer, and no usage when none was asked for', async () => {
    const plain = await client.chat.completions.create({ model: 'fast', messages: hello });
    const stream = await client.chat.completions.create({ model: 'fast', messages: hello, stream: true });
    let text = '';
    let usages = 0;
    const finish: unknown[] = [];
    for await (const chunk of stream) {
      expect(chunk.model).toBe('fast');
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
      .create({ model: 'fast', messages: hello, stream: true, stream_options: { include_usage: true } })
      .withResponse();
    let last: OpenAI.ChatCompletionChunk | null = null;
    for await (const chunk of stream) last = chunk;
    expect(last?.choices).toEqual([]);
    const { tokens, stream: isStream } = await events.eventOf(response.headers.get('x-request-id') ?? '');
    expect(isStream).toBe(true);
    expect(tokens).toMatchObject({
      input: last?.usage?.prompt_tokens,
      output: last?.usage?.completion_tokens,
    });
  });

  test('the SDK puts a stream together to a completion', async () => {
    const completion = await client.chat.completions
      .stream({ model: 'reasoner', messages: hello })
      .finalChatCompletion();
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.choices[0]?.message.content?.length).toBeGreaterThan(0);
  });

  test('a structured answer fits its schema', async () => {
    const completion = await client.chat.completions.parse({
      model: 'fast',
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
      model: 'fast',
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
      model: 'fast',
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
    const request = { model: 'fast', messages: [several], tools: [WEATHER] };
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
    expect(list.data.map((model) => model.id)).toEqual(Object.keys(MODELS));
    const narrow = await makeClient(NARROW_KEY).models.list();
    expect(narrow.data.map((model) => model.id)).toEqual(['embed']);
  });

  test('one model, whatever is in its name', async () => {
    expect(await client.models.retrieve('fast')).toMatchObject({ id: 'fast', object: 'model' });
    expect(await client.models.retrieve('has-slash/and:colon')).toMatchObject({ id: 'has-slash/and:colon' });
    expect(await errorOf(client.models.retrieve('nobody'))).toBeInstanceOf(NotFoundError);
  });
});

describe('errors come out as the classes of the SDK, with a code and a request id', () => {
  const ask = (model: string, using = client): PromiseLike<unknown> =>
    using.chat.completions.create({ model, messages: hello });

  const keys = (): Record<string, string> => ({ wrong: `${KEY}x`, narrow: NARROW_KEY, sdk: KEY });

  test.each([
    { of: 'a wrong key', key: 'wrong', type: AuthenticationError, status: 401, code: 'invalid_api_key' },
    {
      of: 'a model that is not granted',
      key: 'narrow',
      type: PermissionDeniedError,
      status: 403,
      code: 'model_not_allowed',
    },
    { of: 'an unknown model', model: 'nobody', type: NotFoundError, status: 404, code: 'model_not_found' },
    {
      of: 'a long prompt',
      model: 'too-long',
      type: BadRequestError,
      status: 400,
      code: 'context_length_exceeded',
    },
    {
      of: 'a limit',
      model: 'rate-limited',
      type: RateLimitError,
      status: 429,
      code: 'provider_rate_limited',
    },
    {
      of: 'no quota',
      model: 'no-quota',
      type: InternalServerError,
      status: 502,
      code: 'provider_credential_rejected',
    },
    {
      of: 'no provider',
      model: 'unavailable',
      type: InternalServerError,
      status: 502,
      code: 'all_providers_failed',
    },
  ])('$of', async ({ model = 'fast', key = 'sdk', type, status, code }) => {
    const error = await errorOf(ask(model, makeClient(keys()[key] ?? '')));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, code });
    expect(error.requestID).toMatch(/^[\w-]{36}$/);
    expect(error.message).not.toContain(KEY);
  });

  test("a rate limit says when to come back: the provider's hint", async () => {
    const error = await errorOf(ask('rate-limited'));
    expect(error.headers?.get('retry-after')).toBe('3');
  });

  test('a stream that breaks throws, after what had come', async () => {
    for (const model of ['breaks', 'is-cut']) {
      const stream = await client.chat.completions.create({ model, messages: hello, stream: true });
      let chunks = 0;
      const reading = async (): Promise<void> => {
        for await (const { model: name } of stream) chunks += name === model ? 1 : 0;
      };
      const error = await errorOf(reading());
      expect(error).toMatchObject({ code: 'stream_interrupted' });
      expect(error).not.toBeInstanceOf(APIConnectionError);
      expect(chunks).toBeGreaterThan(1);
    }
  });
});

describe('a client that goes away', () => {
  /** How many calls the provider is working on. */
  async function callsInFlight(): Promise<number> {
    const answer = await fetch(`${demo.opsUrl}/ledger/totals`, { signal: AbortSignal.timeout(1_000) });
    const totals = (await answer.json()) as { concurrency: { current: number } };
    return totals.concurrency.current;
  }

  test('aborting a stream ends the call upstream, and the event says cancelled', async () => {
    const { data: stream, response } = await client.chat.completions
      .create({ model: 'paced', messages: hello, stream: true })
      .withResponse();
    let chunks = 0;
    for await (const { choices } of stream) {
      chunks += choices.length;
      if (chunks === 3) stream.controller.abort();
    }
    expect(chunks).toBeLessThan(10);
    const event = await events.eventOf(response.headers.get('x-request-id') ?? '');
    expect(event).toMatchObject({ outcome: 'cancelled', status: 499, errorCode: 'client_closed_request' });
    expect(event.attempts.map((attempt) => attempt.decision)).toEqual(['cancelled']);
    expect(event.tokens.output).toBeGreaterThan(0);
    expect(event.tokens.output, 'the other 190 tokens were not made').toBeLessThan(50);
  });

  test('aborting before the first byte as well', async () => {
    const abort = new AbortController();
    const headers = { 'x-request-id': 'aborted-early' };
    const call = client.chat.completions.create(
      { model: 'slow', messages: hello },
      { signal: abort.signal, headers },
    );
    const ended = errorOf(call);
    await waitFor(async () => (await callsInFlight()) > 0, { message: 'the provider has no call' });
    abort.abort();
    expect(await ended).toBeInstanceOf(APIUserAbortError);
    expect(await events.eventOf('aborted-early')).toMatchObject({ outcome: 'cancelled', status: 499 });
    await waitFor(async () => (await callsInFlight()) === 0, { message: 'the call goes on upstream' });
  });
});
