// Ends of an edge in the middle of its work: what it had begun is known afterwards, once each.
import type { RequestCompleted } from '@sluice/contracts';
import { startTestNats, type TempDir, tempDir, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  beginStream,
  EDGE_KEY,
  edgeConfig,
  type EdgeProcess,
  EventReader,
  plainAnswer,
  startEdge,
  startStubProvider,
  STREAM_END,
  type StubProvider,
  wordEvent,
} from './harness/edge-process.js';

let provider: StubProvider;
let nats: TestServer;
let dir: TempDir;
let events: EventReader;
const started: EdgeProcess[] = [];

beforeAll(async () => {
  provider = await startStubProvider();
});
afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(async () => {
  provider.answer = plainAnswer;
  [nats, dir] = await Promise.all([startTestNats(), tempDir('sluice-e2e-')]);
  events = await EventReader.open(nats.url);
});
afterEach(async () => {
  for (const edge of started.splice(0)) await edge.process.stop(8_000);
  await events[Symbol.asyncDispose]();
  await nats.stop();
  await dir.remove();
});

async function start(): Promise<EdgeProcess> {
  const edge = await startEdge({
    dir: dir.path,
    config: edgeConfig(provider.baseUrl),
    natsUrl: nats.url,
  });
  started.push(edge);
  return edge;
}

const post = (edge: EdgeProcess, id: string, stream = false): Promise<Response> =>
  fetch(`${edge.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${EDGE_KEY}`,
      'content-type': 'application/json',
      'x-request-id': id,
    },
    body: JSON.stringify({ model: 'm', stream, messages: [] }),
  });

/** The one event of each request, by the client's label; fails when a request has two that differ. */
function byLabel(all: readonly RequestCompleted[]): Map<string, RequestCompleted> {
  const found = new Map<string, RequestCompleted>();
  for (const event of all) {
    const known = found.get(event.requestId);
    // A batch may be stored twice; consumers know that by its numbers. Another event would be a second truth.
    if (known !== undefined) expect(event).toEqual(known);
    found.set(event.requestId, event);
  }
  return found;
}

const idsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

test('kill -9 with requests in flight: after a restart each request has one event, unknown where nobody knows', async () => {
  const edge = await start();
  const done = idsOf('done', 10);
  for (const id of done) expect((await post(edge, id)).status).toBe(200);
  let taken = 0;
  provider.answer = (response, body) => {
    taken += 1;
    if (body.includes('"stream":true')) beginStream(response, 'word');
  };
  const waiting = idsOf('waiting', 5);
  const streaming = idsOf('streaming', 5);
  const streams = streaming.map((id) => post(edge, id, true));
  const plain = waiting.map((id) => post(edge, id).catch(() => undefined));
  await waitFor(() => taken === 10);
  const responses = await Promise.all(streams);
  edge.process.signal('SIGKILL');
  expect(await edge.process.ended).toEqual({ code: null, signal: 'SIGKILL' });
  await Promise.all([...plain, ...responses.map((response) => response.text().catch(() => undefined))]);

  await start();
  const found = byLabel(await events.atLeast(20));
  expect([...found.keys()].sort()).toEqual([...done, ...waiting, ...streaming].sort());
  for (const id of done) expect(found.get(id)).toMatchObject({ outcome: 'succeeded', status: 200 });
  for (const id of [...waiting, ...streaming]) {
    expect(found.get(id)).toMatchObject({
      outcome: 'unknown',
      status: null,
      provider: 'p',
      attempts: [{ decision: 'unknown', status: null, usage: 'none' }],
    });
  }
  const numbers = [...found.values()].map(({ spoolId, spoolSeq }) => `${spoolId} ${spoolSeq}`);
  expect(new Set(numbers).size).toBe(20);
});

test('kill -9 at any moment, five times: what the provider served has an event, what the client read was not lost', async () => {
  const answered = new Set<string>();
  let label = 0;
  const served = new Set<string>();
  provider.answer = (response, _body, { headers }) => {
    served.add(String(headers['x-sluice-attempt-id']));
    setTimeout(() => plainAnswer(response), served.size % 7);
  };
  for (let round = 0; round < 5; round += 1) {
    const edge = await start();
    let isKilled = false;
    const client = async (): Promise<void> => {
      while (!isKilled) {
        const id = `load-${(label += 1)}`;
        const status = await post(edge, id).then(
          (response) => response.text().then(() => response.status),
          () => 0,
        );
        // A request that never reached the edge is nobody's: only answers are promises.
        if (status === 200) answered.add(id);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    const before = served.size;
    await waitFor(() => served.size > before + 40 + round * 17, { timeoutMs: 10_000 });
    isKilled = true;
    edge.process.signal('SIGKILL');
    await Promise.all(clients);
    await edge.process.ended;
  }
  await start();
  let missing: string[] = [];
  const found = await waitFor(
    async () => {
      const now = byLabel(await events.all());
      const attempts = new Set(
        [...now.values()].flatMap((event) => event.attempts.map((item) => item.attemptId)),
      );
      missing = [
        ...[...answered].filter((id) => !now.has(id)),
        ...[...served].filter((id) => !attempts.has(id)),
      ];
      return missing.length === 0 ? now : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 200, message: () => `without an event: ${missing.join(' ')}` },
  );
  expect(served.size).toBeGreaterThan(200);
  for (const id of answered) expect(['succeeded', 'unknown']).toContain(found.get(id)?.outcome);
});

test('SIGTERM with a stream in flight: it is finished, every event delivered, exit code 0', async () => {
  const edge = await start();
  let finish = (): void => undefined;
  provider.answer = (response) => {
    beginStream(response, 'first');
    finish = () => response.end(wordEvent('last') + STREAM_END);
  };
  const response = await post(edge, 'the-stream', true);
  edge.process.signal('SIGTERM');
  await waitFor(() => edge.process.output.includes('"msg":"stopping"'), {
    message: () => edge.process.output,
  });
  await expect(post(edge, 'too-late')).rejects.toThrow();
  finish();
  const text = await response.text();
  expect(text).toContain('first');
  expect(text).toContain('last');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(await edge.process.ended).toEqual({ code: 0, signal: null });
  // Nobody has started a new edge: the old one delivered it.
  expect(byLabel(await events.atLeast(1)).get('the-stream')).toMatchObject({
    outcome: 'succeeded',
    tokens: { input: 3, output: 2 },
  });
});

test('readiness ends before the requests do', async () => {
  const edge = await start();
  const ready = async (): Promise<number> => (await fetch(`${edge.opsUrl}/readyz`)).status;
  await waitFor(async () => (await ready()) === 200);
  const held: (() => void)[] = [];
  provider.answer = (response) => void held.push(() => plainAnswer(response));
  const pending = post(edge, 'slow');
  await waitFor(() => held.length === 1);
  edge.process.signal('SIGTERM');
  await waitFor(async () => (await ready()) === 503, { timeoutMs: 1_000 });
  held[0]?.();
  expect((await pending).status).toBe(200);
  expect(await edge.process.ended).toEqual({ code: 0, signal: null });
});

test('SIGTERM while NATS is away: exit code 0, and the next edge delivers what the spool kept', async () => {
  await nats.halt();
  const edge = await start();
  const ids = idsOf('kept', 20);
  await Promise.all(ids.map(async (id) => expect((await post(edge, id)).status).toBe(200)));
  edge.process.signal('SIGTERM');
  expect(await edge.process.ended).toEqual({ code: 0, signal: null });
  await nats.restart();
  await start();
  expect([...byLabel(await events.atLeast(20)).keys()].sort()).toEqual([...ids].sort());
});

test('a NATS server that is killed under load costs no request and no event', async () => {
  const edge = await start();
  const ids = idsOf('through', 200);
  const send = async (index: number): Promise<void> => {
    for (let at = index; at < ids.length; at += 4) expect((await post(edge, ids[at]!)).status).toBe(200);
  };
  const sending = Promise.all([0, 1, 2, 3].map(send));
  await waitFor(() => provider.count > 0);
  await nats.kill();
  await sending;
  await nats.restart();
  expect([...byLabel(await events.atLeast(200, 20_000)).keys()].sort()).toEqual([...ids].sort());
});
