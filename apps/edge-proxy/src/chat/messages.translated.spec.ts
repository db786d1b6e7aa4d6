// A client of Anthropic's dialect over OpenAI-speaking providers: asked, answered, streamed and refused in its own.
import { describe, expect, test } from 'vitest';
import {
  asMessages,
  eventNames,
  message,
  messagesBody,
  messagesErrorOf,
  messagesRefusal,
  MESSAGES_HEADERS,
} from '../__fixtures__/anthropic-replies.js';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  answer,
  beginStream,
  breakOff,
  chunk,
  completion,
  FINISH,
  refusal,
  ROLE,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest();
const second = providerOfEachTest(completion('second'));

const STREAM = messagesBody({ stream: true });
const sent = (): unknown => JSON.parse(first.calls[0]?.body ?? '');

describe('a whole answer', () => {
  test('the request goes up as a chat completion, the answer comes down as a message', async () => {
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, asMessages({ body: messagesBody({ system: 'Be brief.' }) }));
    expect(first.calls[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer provider-secret-of-p1' },
    });
    expect(sent()).toEqual({
      model: 'upstream-p1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 100,
    });
    expect(given.status).toBe(200);
    expect(JSON.parse(given.text)).toMatchObject({
      type: 'message',
      id: 'msg_chatcmpl-1',
      model: 'm',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 10, output_tokens: 4 },
    });
    expect(await edge.sink.theEvent()).toMatchObject({
      endpoint: 'messages',
      outcome: 'succeeded',
      tokens: { input: 10, output: 4 },
      attempts: [{ usage: 'provider', costUsdNanos: 18_000 }],
    });
  });

  test('calls of tools come as blocks', async () => {
    const tool_calls = [
      { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Bern"}' } },
    ];
    first.reply = answer(200, {
      id: 'c',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls },
          finish_reason: 'tool_calls',
        },
      ],
    });
    await using edge = await startTestEdge(modelOver([first]));
    const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: {} } }];
    const given = await call(edge.port, asMessages({ body: messagesBody({ tools }) }));
    expect(sent()).toMatchObject({ tools: [{ type: 'function', function: { name: 'get_weather' } }] });
    expect(JSON.parse(given.text)).toMatchObject({
      content: [{ type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Bern' } }],
      stop_reason: 'tool_use',
    });
  });

  test('an answer without an id gets the event’s', async () => {
    first.reply = answer(200, {
      choices: [{ message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
    });
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, asMessages());
    const { eventId } = await edge.sink.theEvent();
    expect(JSON.parse(given.text)).toMatchObject({ id: `msg_${eventId}` });
  });

  test('what is meant for Anthropic alone does not reach another provider', async () => {
    await using edge = await startTestEdge(modelOver([first]));
    const headers = { ...MESSAGES_HEADERS, 'anthropic-beta': 'one-2026-01-01' };
    await call(edge.port, asMessages({ headers, body: messagesBody({ context_management: {}, top_k: 5 }) }));
    expect(Object.keys(first.calls[0]?.headers ?? {}).filter((name) => name.startsWith('anthropic'))).toEqual(
      [],
    );
    expect(Object.keys(sent() as object)).toEqual(['model', 'messages', 'max_tokens']);
  });
});

describe('a stream', () => {
  test('chunks come as events, usage is asked for and told', async () => {
    first.reply = stream(wholeStream('Hel', 'lo'));
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(sent()).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(eventNames(given.text)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(given.text).toContain('"model":"m"');
    expect(given.text).toMatch(/"stop_reason":"end_turn".*"input_tokens":10.*"output_tokens":4/);
    expect(given.text).not.toMatch(/upstream|DONE|chat\.completion\.chunk/);
    expect(await edge.sink.theEvent()).toMatchObject({ stream: true, tokens: { input: 10, output: 4 } });
  });

  test('one that ends without the marker after its finish reason is whole', async () => {
    first.reply = stream([ROLE, chunk({ content: 'x' }), FINISH]);
    await using edge = await startTestEdge(modelOver([first]));
    expect(eventNames((await call(edge.port, asMessages({ body: STREAM }))).text).at(-1)).toBe(
      'message_stop',
    );
  });

  test('one that breaks ends with one error event, its blocks unclosed', async () => {
    first.reply = (received) => {
      beginStream(received, [ROLE, chunk({ content: 'kept' })]);
      setTimeout(() => breakOff(received), 20);
    };
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(eventNames(given.text)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'error',
    ]);
    expect(await edge.sink.theEvent()).toMatchObject({
      errorCode: 'stream_interrupted',
      attempts: [{ usage: 'estimated', tokens: { output: 1 } }],
    });
  });

  test('nothing goes out before the first content, so that the next route can serve', async () => {
    first.reply = (received) => {
      beginStream(received, [ROLE]);
      setTimeout(() => breakOff(received), 20);
    };
    second.reply = stream(wholeStream('second'));
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(eventNames(given.text).filter((name) => name === 'message_start')).toHaveLength(1);
    expect(given.text).toContain('second');
  });
});

describe('what the provider refuses', () => {
  test.each([
    [400, 'invalid_request_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [422, 'invalid_request_error'],
  ])('%d keeps its status and words and becomes an %s', async (status, type) => {
    first.reply = refusal(status);
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, asMessages());
    expect(given.status).toBe(status);
    expect(messagesErrorOf(given)).toEqual({
      type,
      message: `secret words of a ${status}`,
      requestId: given.headers['request-id'],
    });
  });

  test('an error inside a 200 gets the status that it names and this dialect', async () => {
    first.reply = answer(200, { error: { message: 'filtered', code: 'content_filter', status: 400 } });
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, asMessages());
    expect(given.status).toBe(400);
    expect(messagesErrorOf(given)).toMatchObject({ type: 'invalid_request_error', message: 'filtered' });
  });

  test('a refusal at the start of a stream is an answer with its status, not a stream', async () => {
    first.reply = stream([`data: ${JSON.stringify({ error: { message: 'no such tool', code: 400 } })}\n\n`]);
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(given).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } });
    expect(messagesErrorOf(given)).toMatchObject({ type: 'invalid_request_error', message: 'no such tool' });
  });
});

describe('what the provider’s dialect cannot say', () => {
  const serverTool = messagesBody({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });

  test('is refused with the field’s name, and no provider is called', async () => {
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port, asMessages({ body: serverTool }));
    expect(given.status).toBe(400);
    const error = messagesErrorOf(given);
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_request' });
    expect(error.message).toContain('tools.0.type');
    expect([first.calls, second.calls, edge.sink.intents]).toEqual([[], [], []]);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'rejected',
      status: 400,
      errorCode: 'invalid_request',
      provider: null,
      attempts: [],
    });
  });

  test('goes to the next route that can say it, which is the only attempt', async () => {
    const config = mixed({ p1: 'openai-compatible', p2: 'anthropic' });
    second.reply = message('from Claude');
    await using edge = await startTestEdge(config);
    const given = await call(edge.port, asMessages({ body: serverTool }));
    expect(given.text).toContain('from Claude');
    expect(given.headers).toMatchObject({ 'x-sluice-provider': 'p2', 'x-sluice-attempts': '1' });
    expect(first.calls).toEqual([]);
    expect((await edge.sink.theEvent()).attempts).toMatchObject([{ provider: 'p2', decision: 'served' }]);
  });

  test('is no way out after a failure: the client hears of that', async () => {
    const config = mixed({ p1: 'anthropic', p2: 'openai-compatible' });
    first.reply = messagesRefusal(529, 'overloaded_error');
    await using edge = await startTestEdge({ ...config, retry: { maxAttempts: 1 } });
    const given = await call(edge.port, asMessages({ body: serverTool }));
    expect([given.status, messagesErrorOf(given).code]).toEqual([502, 'all_providers_failed']);
    expect((await edge.sink.theEvent()).attempts).toMatchObject([{ decision: 'give_up' }]);
  });
});

test('a request that one dialect cannot serve fails over to the other in its own words', async () => {
  const config = mixed({ p1: 'anthropic', p2: 'openai-compatible' });
  first.reply = messagesRefusal(500, 'api_error');
  second.reply = stream(wholeStream('from the other'));
  await using edge = await startTestEdge(config);
  const given = await call(edge.port, asMessages({ body: STREAM }));
  expect(given.text).toContain('from the other');
  expect(eventNames(given.text).at(-1)).toBe('message_stop');
  expect((await edge.sink.theEvent()).attempts).toMatchObject([
    { decision: 'next_route' },
    { decision: 'served' },
  ]);
});

/** The model `m` over both providers, of these kinds. */
function mixed(types: { readonly p1: string; readonly p2: string }): object {
  const config = modelOver([first, second]) as { providers: Record<'p1' | 'p2', object> };
  const { p1, p2 } = config.providers;
  return {
    ...config,
    providers: { p1: { ...p1, type: types.p1 }, p2: { ...p2, type: types.p2 } },
  };
}
