// Two edges, restarted one after the other under mixed load: no request fails, and the books agree.
import { type TempDir, freePort, startTestNats, tempDir, type TestServer, waitFor } from '@sluice/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ServiceProcess, startDemoProvider } from '../cases/edge-process.js';
import { DemoLedger } from '../harness/demo-ledger.js';
import { EDGE_KEY, edgeConfig, type EdgeProcess, EventReader, startEdge } from '../harness/edge-process.js';
import { type Asked, startAlternatingClient } from './alternating-client.js';
import { rollingRun } from './rolling.config.js';

const { restarts, preStopMs, perSecond } = rollingRun;
const EDGES = 2;
/** Plain answers of two lengths, short streams, and streams that outlast the open door of the gate's short form. */
const MODELS = [
  { model: 'plain', stream: false },
  { model: 'slow', stream: false },
  { model: 'short', stream: true },
  { model: 'plain', stream: false },
  { model: 'long', stream: true },
] as const;
const TARGETS = {
  plain: 'demo-fast',
  slow: 'demo-fast+fault=slow:700',
  short: 'demo-fast+pace=20+tokens=20',
  long: 'demo-fast+pace=60+tokens=50',
};
/** Of one restart: the door, the longest stream, the last events, a new process on a busy machine. */
const RESTART_MS = preStopMs + 30_000;

let demo: ServiceProcess;
let nats: TestServer;
let events: EventReader;
let folders: TempDir[];
let ports: number[];
let edges: EdgeProcess[];

beforeEach(async () => {
  [demo, nats] = await Promise.all([startDemoProvider(), startTestNats()]);
  events = await EventReader.open(nats.url);
  folders = await Promise.all(Array.from({ length: EDGES }, () => tempDir('sluice-rolling-')));
  ports = await Promise.all(Array.from({ length: EDGES }, () => freePort()));
  edges = await Promise.all(Array.from({ length: EDGES }, (_, index) => start(index)));
});
afterEach(async () => {
  for (const edge of edges) edge.process.signal('SIGINT');
  for (const edge of edges) await edge.process.stop(8_000);
  await events[Symbol.asyncDispose]();
  await Promise.all([demo.stop(), nats.stop()]);
  for (const folder of folders) await folder.remove();
});

function start(index: number): Promise<EdgeProcess> {
  return startEdge({
    dir: folders[index]!.path,
    natsUrl: nats.url,
    config: edgeConfig(`${demo.url}/v1`, {
      models: Object.fromEntries(
        Object.entries(TARGETS).map(([name, model]) => [name, { routes: [{ provider: 'p', model }] }]),
      ),
      keys: [{ name: 'all', key: EDGE_KEY }],
    }),
    env: {
      EDGE_PROXY_PORT: String(ports[index]),
      EDGE_PROXY_PRESTOP_MS: String(preStopMs),
      SLUICE_INSTANCE: `edge-${index + 1}`,
    },
  });
}

interface Restart {
  readonly edge: number;
  readonly signalMs: number;
  /** From the signal to the first look that found it unready. */
  readonly unreadyMs: number;
  /** From the signal to the end of the process. */
  readonly stopMs: number;
}

async function restart(edge: number): Promise<Restart> {
  const old = edges[edge]!;
  const signalMs = performance.now();
  old.process.signal('SIGTERM');
  const unreadyMs = await waitFor(
    async () => {
      const lookedMs = performance.now() - signalMs;
      return (await fetch(`${old.opsUrl}/readyz`)).status === 503 ? lookedMs : undefined;
    },
    { intervalMs: 5 },
  );
  expect(await old.process.ended).toEqual({ code: 0, signal: null });
  const stopMs = performance.now() - signalMs;
  edges[edge] = await start(edge);
  return { edge, signalMs, unreadyMs, stopMs };
}

test(
  `${restarts} restarts by SIGTERM, ${perSecond} requests/s: none fails, each has one event, each serving one attempt`,
  { timeout: 60_000 + restarts * RESTART_MS },
  async () => {
    const client = startAlternatingClient({
      urls: edges.map(({ url }) => url),
      key: EDGE_KEY,
      perSecond,
      ask: (index) => MODELS[index % MODELS.length]!,
    });
    await waitFor(() => client.sent > perSecond);
    const done: Restart[] = [];
    for (let round = 0; round < restarts; round += 1) done.push(await restart(round % EDGES));
    const asked = await client.stop();

    expect(asked.filter(({ failure }) => failure !== null)).toEqual([]);
    expect(asked.filter((one) => isRefusedAtOpenDoor(one, done))).toEqual([]);
    expect(asked.filter((one) => isNotTold(one, done))).toEqual([]);
    // Promised are 100 ms; the rest is the suite's own way to look, on a machine that does other things.
    expect(Math.max(...done.map(({ unreadyMs }) => unreadyMs))).toBeLessThan(1_000);
    // Or nothing was shown.
    expect(asked.filter(({ toldToClose }) => toldToClose).length).toBeGreaterThan(restarts * 5);
    expect(asked.filter((one) => isStreamOver(one, done)).length).toBeGreaterThan(restarts);
    const servings = await booksAgree(asked);
    tell(asked, done, servings);
  },
);

/** For the time of the open door nobody is turned away. */
const isRefusedAtOpenDoor = (one: Asked, done: readonly Restart[]): boolean =>
  one.refused.some(({ edge, atMs }) =>
    done.some((it) => it.edge === edge && atMs > it.signalMs && atMs < it.signalMs + preStopMs),
  );

/** A plain answer that an edge gave while its door was open said that the connection ends. */
const isNotTold = (one: Asked, done: readonly Restart[]): boolean =>
  !one.isStream &&
  !one.toldToClose &&
  done.some(
    ({ edge, signalMs, unreadyMs }) =>
      edge === one.edge && one.sentMs > signalMs + unreadyMs && one.endedMs < signalMs + preStopMs,
  );

/** A stream that its edge had begun before the signal, and ended after it. */
const isStreamOver = (one: Asked, done: readonly Restart[]): boolean =>
  one.isStream &&
  done.some(({ edge, signalMs }) => edge === one.edge && one.sentMs < signalMs && one.endedMs > signalMs);

/** Every request is one event, every serving one attempt of one event. Gives how many servings there were. */
async function booksAgree(asked: readonly Asked[]): Promise<number> {
  const told = await events.atLeast(asked.length, 30_000);
  const byEvent = new Map(told.map((event) => [event.eventId, event]));
  const ids = [...byEvent.values()].map(({ requestId }) => requestId).sort();
  expect(ids).toEqual(asked.map(({ id }) => id).sort());
  expect([...byEvent.values()].filter(({ outcome }) => outcome !== 'succeeded')).toEqual([]);
  const servings = await new DemoLedger(demo.opsUrl).servings();
  const attempts = [...byEvent.values()].flatMap((event) => event.attempts.map(({ attemptId }) => attemptId));
  expect(attempts.sort()).toEqual(servings.map(({ attemptId }) => attemptId).sort());
  expect(servings.filter(({ ended }) => ended !== 'complete')).toEqual([]);
  return servings.length;
}

function tell(asked: readonly Asked[], done: readonly Restart[], servings: number): void {
  const sum = (of: (one: Asked) => number): number => asked.reduce((total, one) => total + of(one), 0);
  const most = (values: readonly number[]): number => Math.round(Math.max(...values));
  process.stdout.write(
    `rolling: ${done.length} restarts, ${asked.length} requests (${asked.filter(({ isStream }) => isStream).length} streams), 0 failed; ` +
      `${asked.length} events, ${servings} servings; told to close ${asked.filter(({ toldToClose }) => toldToClose).length}, ` +
      `closed while idle ${sum(({ closedIdle }) => closedIdle)}, refused ${sum(({ refused }) => refused.length)}; ` +
      `unready after ${most(done.map(({ unreadyMs }) => unreadyMs))} ms, stop took ${most(done.map(({ stopMs }) => stopMs))} ms at the most\n`,
  );
}
