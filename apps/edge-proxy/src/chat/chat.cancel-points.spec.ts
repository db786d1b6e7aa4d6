// Clients that go away at many points of a stream, in every pair of dialects: the provider's connection is closed at
// once, what was used is recorded, and no breaker hears of it. `npm run verify:abort` has more points.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import {
  MESSAGES,
  MESSAGES_HEADERS,
  messagesBody,
  messageStream,
} from '../__fixtures__/anthropic-replies.js';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { beginStream, type ReceivedCall, stream, wholeStream } from '../__fixtures__/fake-provider.js';
import { call, CHAT, type CallOptions, chatBody, open } from '../__fixtures__/http-client.js';
import { overTwoDialects } from '../__fixtures__/two-dialects.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY } from '../__fixtures__/test-generation.js';

const POINTS = Number(process.env['SLUICE_VERIFY_ABORT_POINTS'] ?? 200);
const AT_ONCE = 4;
const WORDS = ['one ', 'two ', 'three ', 'four ', 'five '];

/** Where the client goes. */
const PLACES = ['before headers', 'before content', 'in the middle', 'before the usage'] as const;
const PAIRS = [
  { client: 'chat', model: 'm-chat' },
  { client: 'messages', model: 'm-messages' },
  { client: 'chat', model: 'm-messages' },
  { client: 'messages', model: 'm-chat' },
] as const;

interface Point {
  readonly id: string;
  readonly place: (typeof PLACES)[number];
  readonly client: 'chat' | 'messages';
  readonly model: 'm-chat' | 'm-messages';
  /** Words that the client sees before it goes. */
  readonly words: number;
}

const first = providerOfEachTest();
const second = providerOfEachTest();
const closedAfterMs: number[] = [];
/** Provider, edge and clients are one process here: when the machine lets it stand still, all of them do. */
const stalls = monitorEventLoopDelay({ resolution: 5 });

afterAll(() => {
  const sorted = closedAfterMs.toSorted((one, other) => one - other);
  const shown = [0.5, 0.99, 1].map((part) => (sorted[Math.ceil(sorted.length * part) - 1] ?? 0).toFixed(1));
  const stall = longestStallMs().toFixed(1);
  process.stdout.write(
    `clients gone at ${sorted.length} points: upstream closed p50, p99, max ms ${shown.join(', ')}; longest stall ${stall}\n`,
  );
});

test(
  'a client that goes at any point: upstream closed within 250 ms, usage recorded, the provider’s health untouched',
  async () => {
    const points = new Map<string, Point>();
    const replies = new Map<string, ReceivedCall>();
    first.reply = (received) => {
      const id = String(received.headers['x-request-id']);
      const point = points.get(id);
      if (point === undefined)
        return stream(received.path.endsWith('/messages') ? messageStream('well') : wholeStream('well'))(
          received,
        );
      replies.set(id, received);
      if (point.place !== 'before headers') beginStream(received, eventsUntil(point));
    };
    await using edge = await startTestEdge(overTwoDialects(first, second));
    // Cold code is slow, and no matter of the gateway's.
    for (const { client, model } of PAIRS) {
      const request = requestOf({ id: 'warm-up', place: 'in the middle', words: 1, client, model });
      await call(edge.port, request);
    }
    await waitFor(() => edge.sink.events.length === PAIRS.length);
    edge.sink.events.length = 0;
    stalls.enable();
    const queue = Array.from({ length: POINTS }, (_, index) => pointOf(index));
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let point = queue.pop(); point !== undefined; point = queue.pop()) {
          points.set(point.id, point);
          const goneMs = await goAway(edge, point, replies);
          const received = replies.get(point.id);
          const closedMs = await waitFor(() => received?.closedMs ?? undefined, {
            message: `${point.id}: still open`,
          });
          closedAfterMs.push(closedMs - goneMs);
          await mustBeRecorded(edge, point);
        }
      }),
    );
    const sorted = closedAfterMs.toSorted((one, other) => one - other);
    expect(sorted[Math.ceil(sorted.length * 0.99) - 1]).toBeLessThan(250 + longestStallMs());
    expect(edge.sink.events).toHaveLength(POINTS);
    expect(second.calls).toEqual([]);
    // A breaker that had counted any of this would be open.
    first.reply = (received) => void received.response.end('{"choices":[]}');
    await call(edge.port, { body: chatBody({ model: 'm-chat' }) });
    expect(edge.sink.events.at(-1)?.attempts).toMatchObject([{ provider: 'c1' }]);
  },
  60_000 + POINTS * 100,
);

const longestStallMs = (): number => stalls.max / 1e6;

function pointOf(index: number): Point {
  const place = PLACES[index % PLACES.length] ?? 'in the middle';
  const pair = PAIRS[Math.floor(index / PLACES.length) % PAIRS.length] ?? PAIRS[0];
  return { id: `point-${index}`, place, words: 1 + (index % WORDS.length), ...pair };
}

/** What the provider says before it falls silent. */
function eventsUntil({ place, model, words }: Point): string[] {
  const all = model === 'm-chat' ? wholeStream(...WORDS) : messageStream(...WORDS);
  // Before the first word: a role, or the start of message and block, and a ping.
  const lifecycle = model === 'm-chat' ? 1 : 3;
  switch (place) {
    case 'before headers':
      return [];
    case 'before content':
      return all.slice(0, lifecycle);
    case 'in the middle':
      return all.slice(0, lifecycle + words);
    case 'before the usage':
      // OpenAI: the finish, then usage and marker. Anthropic: the end of the block, then usage and marker.
      return all.slice(0, -2);
  }
}

/** @returns when the client had gone */
async function goAway(
  edge: TestEdge,
  point: Point,
  replies: ReadonlyMap<string, ReceivedCall>,
): Promise<number> {
  const abort = new AbortController();
  const pending = open(edge.port, { ...requestOf(point), signal: abort.signal });
  pending.catch(() => undefined);
  await waitFor(() => replies.has(point.id));
  if (point.place === 'in the middle' || point.place === 'before the usage') {
    const wanted = point.place === 'in the middle' ? WORDS[point.words - 1] : WORDS.at(-1);
    const response = await pending;
    response.on('error', () => undefined);
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      if (text.includes(JSON.stringify(wanted))) break;
    }
    return performance.now();
  }
  // Anywhere in the next milliseconds.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
  abort.abort();
  return performance.now();
}

const requestOf = ({ id, client, model }: Point): CallOptions =>
  client === 'chat'
    ? {
        path: CHAT,
        headers: { authorization: `Bearer ${KEY}`, 'x-request-id': id },
        body: chatBody({ model, stream: true }),
      }
    : {
        path: MESSAGES,
        headers: { ...MESSAGES_HEADERS, 'x-request-id': id },
        body: messagesBody({ model, stream: true }),
      };

/** Nobody said what it cost in the end, so it is an estimate, and says so; what was said already is believed. */
async function mustBeRecorded(edge: TestEdge, point: Point): Promise<void> {
  const event = await waitFor(() => edge.sink.events.find(({ requestId }) => requestId === point.id), {
    message: `${point.id}: no event`,
  });
  expect(event).toMatchObject({
    outcome: 'cancelled',
    status: 499,
    errorCode: 'client_closed_request',
    attempts: [{ decision: 'cancelled', usage: 'estimated', errorCode: 'client_closed_request' }],
  });
  expect(event.tokens.input).toBeGreaterThan(0);
  const hasContent = point.place === 'in the middle' || point.place === 'before the usage';
  if (hasContent) expect(event.tokens.output).toBeGreaterThan(0);
  if (point.model === 'm-messages' && point.place !== 'before headers') expect(event.tokens.input).toBe(33);
}
