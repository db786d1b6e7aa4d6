// Streams: what reaches the client, when, and how a stream ends that cannot go on.
import { describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  answer,
  beginStream,
  breakOff,
  chunk,
  DONE,
  FINISH,
  type ReceivedCall,
  type Reply,
  ROLE,
  stream,
  USAGE_CHUNK,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody, dataOf, errorOf, open, readAll, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest();
const second = providerOfEachTest();
const STREAM = chatBody({ stream: true });

test('a stream reaches the client with the model it asked for and without the usage it did not ask for', async () => {
  first.reply = stream(wholeStream('Hel', 'lo'));
  await using edge = await startTestEdge(modelOver([first]));
  const given = await call(edge.port, { body: STREAM });
  expect(given).toMatchObject({
    status: 200,
    isWhole: true,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-sluice-provider': 'p1',
      'x-sluice-attempts': '1',
    },
  });
  expect(wordsOf(given.text)).toBe('Hello');
  expect(given.text).not.toMatch(/upstream-name|"usage"/);
  expect(given.text.endsWith(DONE)).toBe(true);
  const event = await edge.sink.theEvent();
  expect(event).toMatchObject({
    outcome: 'succeeded',
    stream: true,
    tokens: { input: 10, output: 4 },
    attempts: [{ usage: 'provider', decision: 'served' }],
  });
  expect(event.timing.firstTokenMs).toBeGreaterThan(0);
  expect(event.timing.firstTokenMs).toBeLessThanOrEqual(event.timing.totalMs);
});

test('what was held back until the first content comes out whole and in order, however late that is', async () => {
  const events = wholeStream('a', 'b');
  first.reply = (received) => {
    beginStream(received);
    // One event at a time, so that none arrives together with the next.
    const send = (index: number): void => {
      received.response.write(events[index]);
      if (index + 1 < events.length) setTimeout(() => send(index + 1), 15);
      else received.response.end();
    };
    send(0);
  };
  await using edge = await startTestEdge(modelOver([first]));
  const { text } = await call(edge.port, { body: STREAM });
  const expected = events.filter((event) => !event.includes('"usage"')).join('');
  expect(text).toBe(expected.replaceAll('upstream-name', 'm'));
});

test('a client that asks for usage sees it', async () => {
  first.reply = stream(wholeStream('x'));
  await using edge = await startTestEdge(modelOver([first]));
  const body = chatBody({ stream: true, stream_options: { include_usage: true, other: 1 } });
  expect((await call(edge.port, { body })).text).toContain('"usage":{"prompt_tokens":10');
  expect(JSON.parse(first.calls[0]?.body ?? '')).toMatchObject({
    stream_options: { include_usage: true, other: 1 },
  });
});

test('words reach the client when the provider sends them, not at the end', async () => {
  first.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'now' })]);
  await using edge = await startTestEdge(modelOver([first]));
  const response = await open(edge.port, { body: STREAM });
  const [text] = (await response.take(1).toArray()) as Buffer[];
  expect(wordsOf(text?.toString() ?? '')).toBe('now');
  response.destroy();
});

test('the marker that a provider left out after its finish reason is added', async () => {
  first.reply = stream([ROLE, chunk({ content: 'x' }), FINISH, USAGE_CHUNK]);
  await using edge = await startTestEdge(modelOver([first]));
  expect((await call(edge.port, { body: STREAM })).text.endsWith(DONE)).toBe(true);
});

test('an answer without a word (an empty completion) is a success', async () => {
  first.reply = stream([ROLE, FINISH, USAGE_CHUNK, DONE]);
  await using edge = await startTestEdge(modelOver([first, second]));
  const given = await call(edge.port, { body: STREAM });
  expect(given.text.endsWith(DONE)).toBe(true);
  expect((await edge.sink.theEvent()).outcome).toBe('succeeded');
  expect(second.calls).toEqual([]);
});

test('a provider that keeps its connection open after [DONE] does not hold up the client', async () => {
  first.reply = (received) => beginStream(received, wholeStream('x'));
  await using edge = await startTestEdge(modelOver([first]));
  const given = await call(edge.port, { body: STREAM });
  expect(given).toMatchObject({ isWhole: true });
  expect(given.ms).toBeLessThan(500);
  expect((await edge.sink.theEvent()).outcome).toBe('succeeded');
  await waitFor(() => first.calls[0]?.closedMs !== null, { message: 'the upstream connection stayed open' });
});

const error = (message: string): string => `data: ${JSON.stringify({ error: { message, code: 500 } })}\n\n`;

/** Ways in which a begun stream breaks. */
const INTERRUPTIONS: readonly (readonly [string, (received: ReceivedCall) => void])[] = [
  ['a reset', breakOff],
  ['the end of the body without a marker', ({ response }) => void response.end()],
  ['half an event, then the end', ({ response }) => void response.end('data: {"id":"c","cho')],
  ['an error event', ({ response }) => void response.write(error('secret words'))],
  ['an error event and a marker', ({ response }) => void response.end(error('secret words') + DONE)],
  ['an event of more than 4 MiB', ({ response }) => void response.write(`data: ${'x'.repeat(5 << 20)}`)],
  ['silence', () => undefined],
];

describe('200, then an error event', () => {
  test.each(INTERRUPTIONS)(
    'a stream that broke after its first content (%s) is not retried: one error event, no [DONE]',
    async (_, breakIt) => {
      first.reply = (received) => {
        beginStream(received, [ROLE, chunk({ content: 'kept' })]);
        // The words must have been read before the break.
        setTimeout(() => breakIt(received), 30);
      };
      await using edge = await startTestEdge(
        modelOver([first, second], { sections: { timeouts: { idle: '150ms' } } }),
      );
      const given = await call(edge.port, { body: STREAM });
      expect(given).toMatchObject({ status: 200, isWhole: true });
      const events = dataOf(given.text);
      expect(events).toHaveLength(3);
      expect(wordsOf(events.slice(0, 2).join('\n\n'))).toBe('kept');
      expect(errorOf({ text: events[2] ?? '' })).toMatchObject({
        code: 'stream_interrupted',
        type: 'server_error',
      });
      expect(given.text).not.toMatch(/\[DONE\]|secret words/);
      expect(second.calls).toEqual([]);
      expect(await edge.sink.theEvent()).toMatchObject({
        outcome: 'failed',
        status: 200,
        errorCode: 'stream_interrupted',
        attempts: [{ decision: 'give_up', status: 200, usage: 'estimated' }],
      });
      const [received] = first.calls;
      await waitFor(() => received?.response.closed, { message: 'the upstream call was left open' });
    },
  );

  test('usage that the provider sent before the break is what is recorded', async () => {
    first.reply = (received) => {
      beginStream(received, [ROLE, chunk({ content: 'kept' }), USAGE_CHUNK]);
      breakOff(received);
    };
    await using edge = await startTestEdge(modelOver([first, second]));
    await call(edge.port, { body: STREAM });
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'failed',
      tokens: { input: 10, output: 4 },
      attempts: [{ usage: 'provider' }],
    });
  });
});

test('a client that reads slowly holds the provider back instead of filling our memory', async () => {
  const sent = { bytes: 0, isPaused: false };
  const word = chunk({ content: 'x'.repeat(16_000) });
  const TOTAL = 4000;
  first.reply = (received) => {
    beginStream(received, [ROLE]);
    let left = TOTAL;
    const pump = (): void => {
      while (left > 0) {
        left -= 1;
        sent.bytes += word.length;
        if (!received.response.write(word)) {
          received.response.once('drain', pump);
          return;
        }
      }
      received.response.end(FINISH + DONE);
    };
    pump();
  };
  await using edge = await startTestEdge(modelOver([first]));
  const response = await open(edge.port, { body: STREAM });
  let before = -1;
  // Nobody reads: what was sent grows until all buffers on the way are full, then stands still.
  await waitFor(
    () => {
      const stands = sent.bytes === before;
      before = sent.bytes;
      return stands;
    },
    { intervalMs: 150, timeoutMs: 4000, message: 'the provider was never held back' },
  );
  expect(sent.bytes).toBeLessThan((TOTAL * word.length) / 2);
  const given = await readAll(response);
  expect(given.isWhole).toBe(true);
  expect(wordsOf(given.text)).toHaveLength(TOTAL * 16_000);
  expect(edge.log).toEqual([]);
}, 20_000);

test('a slow client is no reason to break the stream by the idle timeout', async () => {
  first.reply = (received) => {
    const words = Array.from({ length: 200 }, () => chunk({ content: 'y'.repeat(100_000) }));
    beginStream(received, [ROLE, ...words]);
    received.response.end(FINISH + DONE);
  };
  await using edge = await startTestEdge(modelOver([first], { sections: { timeouts: { idle: '100ms' } } }));
  const response = await open(edge.port, { body: STREAM });
  await new Promise((resolve) => setTimeout(resolve, 350)); // longer than the idle timeout, as slow clients are
  const given = await readAll(response);
  expect(given.text.endsWith(DONE)).toBe(true);
  expect((await edge.sink.theEvent()).outcome).toBe('succeeded');
});

const NO_STREAM: readonly (readonly [string, object, Reply])[] = [
  ['stream: false', { stream: false }, answer(200, { choices: [], model: 'u' })],
  ['stream: null', { stream: null }, answer(200, { choices: [], model: 'u' })],
];
test.each(NO_STREAM)('%s is a plain request', async (_, changes, reply) => {
  first.reply = reply;
  await using edge = await startTestEdge(modelOver([first]));
  const given = await call(edge.port, { body: chatBody(changes) });
  expect(given.headers['content-type']).toBe('application/json');
  expect(given.text).toBe('{"choices":[],"model":"m"}');
});
