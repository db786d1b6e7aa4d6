// A broken invariant fails its request, loudly, and nothing else.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  beginStream,
  chunk,
  completion,
  refusal,
  ROLE,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody, dataOf, errorOf } from '../__fixtures__/http-client.js';
import { RecordingSink } from '../__fixtures__/recording-sink.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';
import { waitFor } from '@sluice/testing';

const provider = providerOfEachTest();
let escaped: unknown[];
const onEscaped = (error: unknown): void => void escaped.push(error);

beforeEach(() => {
  escaped = [];
  process.on('uncaughtException', onEscaped);
  process.on('unhandledRejection', onEscaped);
});
afterEach(() => {
  process.off('uncaughtException', onEscaped);
  process.off('unhandledRejection', onEscaped);
  expect(escaped).toEqual([]);
});

/** A sink whose intents throw from the nth call on. */
class BrokenIntents extends RecordingSink {
  constructor(private left: number) {
    super();
  }
  override appendIntent(eventId: string, json: string, onWritten: () => void): void {
    if (this.left === 0) throw new TypeError('bug in the sink');
    this.left -= 1;
    super.appendIntent(eventId, json, onWritten);
  }
}

class BrokenEvents extends RecordingSink {
  override appendRequestEvent(): void {
    throw new TypeError('bug in the sink');
  }
}

const INTERNAL = { code: 'internal_error', type: 'server_error' };

test.each([
  ['before the first call', 0],
  ['before the second call, inside an answer of the first', 1],
])('a bug %s is a 500 with an event, and no call goes out unrecorded', async (_, intents) => {
  provider.reply = refusal(503);
  const sink = new BrokenIntents(intents);
  await using edge = await startTestEdge(
    modelOver([provider, provider], {
      sections: { timeouts: { total: '200ms', idle: '100ms', firstToken: '100ms', connect: '100ms' } },
    }),
    { sink },
  );
  const given = await call(edge.port, {
    headers: { authorization: 'Bearer sk-test-all-models-0123456789', 'x-request-id': 'label-1' },
  });
  expect(given).toMatchObject({ status: 500, headers: { 'x-request-id': 'label-1' } });
  expect(errorOf(given)).toMatchObject(INTERNAL);
  expect(given.text).not.toContain('bug in the sink');
  expect(provider.calls.length).toBe(intents);
  expect(await sink.theEvent()).toMatchObject({
    outcome: 'failed',
    status: 500,
    errorCode: 'internal_error',
  });
  expect(edge.log).toContainEqual(
    expect.objectContaining({ msg: 'a request met a bug', requestId: 'label-1' }),
  );
  // Long enough for the deadline of the broken request: its timer must be gone.
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(sink.events).toHaveLength(1);
});

test('an event that cannot be written costs the event, not the answer', async () => {
  await using edge = await startTestEdge(modelOver([provider]), { sink: new BrokenEvents() });
  expect((await call(edge.port)).status).toBe(200);
  expect((await call(edge.port, { body: '{' })).status).toBe(400);
  provider.reply = stream(wholeStream('x'));
  expect((await call(edge.port, { body: chatBody({ stream: true }) })).text).toContain('[DONE]');
  await waitFor(() => edge.log.filter(({ msg }) => msg === 'a request met a bug').length === 3);
});

test('a bug in the middle of a stream ends it with an error event and closes the upstream call', async () => {
  provider.reply = (received) => {
    beginStream(received, [ROLE, chunk({ content: 'kept' })]);
    setTimeout(() => received.response.write(chunk({ content: 'lost' })), 30);
  };
  await using edge = await startTestEdge(modelOver([provider]));
  const { models } = edge.edge.holder.current;
  const adapter = models.get('m')?.routes['chat.completions'][0]?.adapter;
  if (adapter === undefined) throw new Error('no adapter');
  const original = adapter.openStream.bind(adapter);
  let pushes = 0;
  adapter.openStream = (context) => {
    const reader = original(context);
    const push = reader.push.bind(reader);
    reader.push = (bytes) => {
      if (bytes.includes('lost')) throw new TypeError('bug in the reader');
      pushes += 1;
      return push(bytes);
    };
    return reader;
  };
  try {
    const given = await call(edge.port, { body: chatBody({ stream: true }) });
    expect(given).toMatchObject({ status: 200, isWhole: true });
    expect(errorOf({ text: dataOf(given.text).at(-1) ?? '' })).toMatchObject(INTERNAL);
    expect(given.text).not.toContain('[DONE]');
    expect(pushes).toBeGreaterThan(0);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'failed',
      errorCode: 'internal_error',
      attempts: [{ decision: 'give_up', usage: 'estimated' }],
    });
    await waitFor(() => provider.calls[0]?.closedMs !== null);
  } finally {
    adapter.openStream = original;
  }
});

test('after a bug the same connection and the next request are served', async () => {
  const sink = new BrokenIntents(0);
  await using edge = await startTestEdge(modelOver([provider]), { sink });
  expect((await call(edge.port)).status).toBe(500);
  (sink as unknown as { left: number }).left = 1;
  provider.reply = completion('well again');
  expect((await call(edge.port)).text).toContain('well again');
});
