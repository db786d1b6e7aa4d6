// An edge of two workers as a black box: one port, one ops port, one stop; what happens to one worker happens to that one alone.
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { CONTROL_MESSAGES, type ControlReply, controlSubject } from '@sluice/contracts';
import { processIdentity } from '@sluice/private-services';
import { freePort, startTestNats, type TempDir, tempDir, type TestServer, waitFor } from '@sluice/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  beginStream,
  EDGE_KEY,
  edgeConfig,
  type EdgeProcess,
  EventReader,
  launchEdge,
  plainAnswer,
  startEdge,
  startStubProvider,
  STREAM_END,
  type StubProvider,
  wordEvent,
} from '../harness/edge-process.js';

let provider: StubProvider;
let nats: TestServer;
let dir: TempDir;
let events: EventReader;
const started: EdgeProcess[] = [];

beforeEach(async () => {
  [provider, nats, dir] = await Promise.all([startStubProvider(), startTestNats(), tempDir('sluice-e2e-')]);
  events = await EventReader.open(nats.url);
});
afterEach(async () => {
  for (const edge of started.splice(0)) await edge.process.stop(8_000);
  await events[Symbol.asyncDispose]();
  await Promise.all([provider[Symbol.asyncDispose](), nats.stop()]);
  await dir.remove();
});

const configText = (more: object = {}): string =>
  edgeConfig(provider.baseUrl, { server: { workers: 2 }, ...more });

async function start(env: Readonly<Record<string, string>> = {}): Promise<EdgeProcess> {
  const edge = await startEdge({ dir: dir.path, config: configText(), natsUrl: nats.url, env });
  started.push(edge);
  return edge;
}

interface WorkerFacts {
  readonly worker: number;
  readonly pid: number | null;
  readonly state: string;
  readonly configVersion: string | null;
  readonly restarts: number;
}
interface Readyz {
  readonly ready: boolean;
  readonly configVersion: string;
  readonly workers: readonly WorkerFacts[];
  readonly dependencies: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}
const readyzOf = async (edge: EdgeProcess): Promise<Readyz> =>
  (await (await fetch(`${edge.opsUrl}/readyz`)).json()) as Readyz;

/** Both serve, and have said so. */
const untilWhole = (edge: EdgeProcess): Promise<Readyz> =>
  waitFor(
    async () => {
      const now = await readyzOf(edge);
      return now.workers.every(({ state, configVersion }) => state === 'serving' && configVersion !== null)
        ? now
        : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 50, message: () => edge.process.output },
  );

const isAlive = (pid: number): boolean => processIdentity(pid) !== undefined;
const pidOf = (now: Readyz, worker: number): number => now.workers[worker - 1]!.pid!;

/** One request on a connection of its own, so that the primary deals it out; null when it broke. */
function post(
  edge: EdgeProcess,
  id: string,
  stream = false,
): Promise<{ status: number; text: string } | null> {
  const body = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'Hi' }] });
  return new Promise((resolve) => {
    const call = request(
      `${edge.url}/v1/chat/completions`,
      {
        method: 'POST',
        agent: new Agent(),
        headers: {
          authorization: `Bearer ${EDGE_KEY}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-request-id': id,
        },
      },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('close', () =>
          resolve(response.complete ? { status: response.statusCode ?? 0, text } : null),
        );
        response.on('error', () => undefined);
      },
    );
    call.on('error', () => resolve(null));
    call.end(body);
  });
}

const idsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
/** One after the other, each on a new connection. */
async function postAll(edge: EdgeProcess, ids: readonly string[]): Promise<readonly (number | null)[]> {
  const statuses: (number | null)[] = [];
  for (const id of ids) statuses.push((await post(edge, id))?.status ?? null);
  return statuses;
}

/** Requests with these ids have reached the provider, which keeps them until they are let go. */
async function hold(
  edge: EdgeProcess,
  ids: readonly string[],
): Promise<{ ends: Promise<({ status: number; text: string } | null)[]>; letGo: () => void }> {
  const held: ServerResponse[] = [];
  provider.answer = (response) => {
    beginStream(response, 'first');
    held.push(response);
  };
  const ends: ReturnType<typeof post>[] = [];
  for (const id of ids) {
    ends.push(post(edge, id, true));
    await waitFor(() => held.length === ends.length);
  }
  return {
    ends: Promise.all(ends),
    letGo: () => {
      for (const response of held) response.end(wordEvent('last') + STREAM_END);
    },
  };
}

/** Which worker had each request, from its event. */
async function workersOf(ids: readonly string[]): Promise<Map<string, number>> {
  const found = await waitFor(
    async () => {
      const all = new Map((await events.all()).map((event) => [event.requestId, event]));
      return ids.every((id) => all.has(id)) ? all : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 100 },
  );
  return new Map(ids.map((id) => [id, Number(/-w(\d)$/.exec(found.get(id)!.instance)?.[1])]));
}

async function metricOf(edge: EdgeProcess, start: string): Promise<number> {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('two workers share one port, under names of their own, and /metrics has the sums', async () => {
  const edge = await start();
  const ids = idsOf('even', 40);
  expect(new Set(await postAll(edge, ids))).toEqual(new Set([200]));
  const shares = [...(await workersOf(ids)).values()];
  // The system deals them out by chance: below 8 of 40 is one time in 100,000.
  for (const worker of [1, 2])
    expect(shares.filter((one) => one === worker).length).toBeGreaterThanOrEqual(8);
  expect(await metricOf(edge, 'sluice_edge_requests_total{')).toBe(40);
  for (const worker of ['1', '2', 'primary']) {
    const memory = await metricOf(
      edge,
      `process_resident_memory_bytes{service="edge-proxy",worker="${worker}"}`,
    );
    expect(memory).toBeGreaterThan(20e6);
  }
  expect(await readyzOf(edge)).toMatchObject({
    ready: true,
    workers: [
      { worker: 1, state: 'serving', restarts: 0 },
      { worker: 2, state: 'serving', restarts: 0 },
    ],
    dependencies: { workers: { ok: true, detail: '2 of 2 serve' }, spool: { ok: true } },
  });
});

test('kill -9 of one worker: the other one loses no request, each request has one event, and another takes its place', async () => {
  const edge = await start();
  const before = await untilWhole(edge);
  const ids = idsOf('held', 20);
  const { ends, letGo } = await hold(edge, ids);
  const killed = pidOf(before, 1);
  process.kill(killed, 'SIGKILL');
  const missing = await waitFor(async () => {
    const now = await readyzOf(edge);
    return now.dependencies['workers']?.ok === false ? now : undefined;
  });
  // One is enough to take traffic; that the other is away is said.
  expect(missing).toMatchObject({ ready: true, workers: [{ worker: 1 }, { worker: 2, state: 'serving' }] });
  expect(missing.dependencies['workers']?.detail).toMatch(/^1 of 2 serve; worker 1 (is|starts)/);
  letGo();
  const given = await ends;
  const after = await untilWhole(edge);
  const owners = await workersOf(ids);
  for (const [index, id] of ids.entries()) {
    if (owners.get(id) === 2) {
      expect(given[index]).toMatchObject({ status: 200 });
      expect(given[index]?.text.endsWith('data: [DONE]\n\n')).toBe(true);
    } else expect(given[index]).toBeNull();
  }
  const lost = [...owners.values()].filter((worker) => worker === 1).length;
  // By chance all on one side: one time in 500,000.
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(20);
  const told = (await events.all()).filter(({ requestId }) => ids.includes(requestId));
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(20);
  expect(told.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(lost);
  expect(pidOf(after, 1)).not.toBe(killed);
  expect(pidOf(after, 2)).toBe(pidOf(before, 2));
  expect(after.workers[0]).toMatchObject({ restarts: 1 });
  provider.answer = plainAnswer;
  const later = idsOf('later', 20);
  expect(new Set(await postAll(edge, later))).toEqual(new Set([200]));
  expect(new Set((await workersOf(later)).values())).toEqual(new Set([1, 2]));
});

async function reload(): Promise<ControlReply<'config.reload'>> {
  const connection = await connect({ servers: nats.url });
  try {
    const asked = JSON.stringify({ actor: { kind: 'operator', name: 'e2e' } });
    const reply = await connection.request(controlSubject('config.reload'), asked, { timeout: 15_000 });
    return CONTROL_MESSAGES['config.reload'].reply.strict().parse(reply.json());
  } finally {
    await connection.close();
  }
}
const writeConfig = (text: string): void => writeFileSync(join(dir.path, 'sluice.yaml'), text);

test('a reload is answered when all workers have swapped, and a broken file is taken by none, not even by one that starts then', async () => {
  const edge = await start();
  const first = await untilWhole(edge);
  await waitFor(async () => (await reload()).ok, { timeoutMs: 10_000 }); // control is connected
  let version = first.configVersion;
  for (let round = 1; round <= 5; round += 1) {
    writeConfig(configText({ aliases: { [`name-${round}`]: 'm' } }));
    const reply = await reload();
    expect(reply).toMatchObject({ ok: true, problems: [] });
    expect(reply.configVersion).not.toBe(version);
    version = reply.configVersion!;
    const ids = idsOf(`round-${round}`, 16);
    expect(new Set(await postAll(edge, ids))).toEqual(new Set([200]));
    const owners = await workersOf(ids);
    expect(new Set(owners.values())).toEqual(new Set([1, 2]));
    const versions = (await events.all()).filter(({ requestId }) => owners.has(requestId));
    expect(new Set(versions.map((event) => event.configVersion))).toEqual(new Set([version]));
  }
  writeConfig(configText({ aliases: { broken: 'nobody' } }));
  expect(await reload()).toMatchObject({ ok: false, configVersion: version });
  process.kill(pidOf(first, 2), 'SIGKILL');
  const again = await waitFor(
    async () => {
      const now = await untilWhole(edge);
      return now.workers[1]?.restarts === 1 ? now : undefined;
    },
    { timeoutMs: 20_000 },
  );
  expect(again.workers.map(({ configVersion }) => configVersion)).toEqual([version, version]);
  // More workers than calls: no worker could have its share.
  const tight = configText({
    server: { workers: 'auto' },
    providers: {
      p: {
        type: 'openai-compatible',
        baseUrl: provider.baseUrl,
        apiKey: 'provider-secret',
        allowPrivateNetwork: true,
        maxConcurrency: 1,
      },
    },
  });
  writeConfig(tight);
  const refused = await reload();
  expect(refused).toMatchObject({ ok: false, configVersion: version });
  expect(refused.problems.join()).toContain('providers.p.maxConcurrency is 1, and this edge has 2 workers');
});

test('SIGTERM, also to each process of the group: streams of both workers end whole, the exit code is 0, every event is there', async () => {
  const edge = await start({ EDGE_PROXY_PRESTOP_MS: '400' });
  const whole = await untilWhole(edge);
  const ids = idsOf('stream', 20);
  const { ends, letGo } = await hold(edge, ids);
  const pids = [edge.process.pid, pidOf(whole, 1), pidOf(whole, 2)];
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  await waitFor(async () => !(await readyzOf(edge)).ready, { timeoutMs: 1_000 });
  // The door is open for a while.
  provider.answer = plainAnswer;
  expect((await post(edge, 'late'))?.status).toBe(200);
  await waitFor(async () => (await post(edge, 'too-late')) === null, { timeoutMs: 5_000 });
  expect(pids.filter((pid) => !isAlive(pid))).toEqual([]);
  letGo();
  for (const given of await ends) {
    expect(given?.text.endsWith('data: [DONE]\n\n')).toBe(true);
  }
  expect(await edge.process.ended).toEqual({ code: 0, signal: null });
  expect(pids.filter(isAlive)).toEqual([]);
  const told = (await events.all()).filter(({ requestId }) => ids.includes(requestId));
  expect(told.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'succeeded'));
  expect(new Set(told.map(({ instance }) => instance)).size).toBe(2);
});

test('kill -9 of the primary leaves no worker and no listener: the next edge has the port, and delivers what was in flight', async () => {
  const port = String(await freePort());
  const edge = await start({ EDGE_PROXY_PORT: port });
  const whole = await untilWhole(edge);
  const ids = idsOf('cut', 4);
  const { ends } = await hold(edge, ids);
  edge.process.signal('SIGKILL');
  expect(await ends).toEqual([null, null, null, null]);
  await waitFor(() => whole.workers.every(({ pid }) => !isAlive(pid!)));
  expect(await post(edge, 'nobody')).toBeNull();
  await start({ EDGE_PROXY_PORT: port });
  const found = await events.atLeast(4);
  expect(found.filter(({ requestId }) => ids.includes(requestId)).map(({ outcome }) => outcome)).toEqual(
    ids.map(() => 'unknown'),
  );
});

test('a port that is in use is said once, and nothing is left', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  // A listening TCP server's address is an object.
  const { port } = other.address() as { port: number };
  const failed = launchEdge({ dir: dir.path, config: configText(), env: { EDGE_PROXY_PORT: String(port) } });
  expect(await failed.ended).toEqual({ code: 1, signal: null });
  expect(failed.output.match(/is in use/g)).toHaveLength(1);
  expect(failed.output).toContain(
    `The port 127.0.0.1:${port} of the data plane is in use. Set EDGE_PROXY_PORT`,
  );
  other.close();
});

test('SIGHUP to the whole group while the workers start ends none of them for good: the edge comes up', async () => {
  const starting = startEdge({ dir: dir.path, config: configText(), natsUrl: nats.url });
  starting.catch(() => undefined); // told below
  const primary = await waitFor(() => edgesOf(process.pid)[0], { timeoutMs: 10_000, intervalMs: 5 });
  const workers = await waitFor(
    () => {
      const found = edgesOf(primary);
      return found.length === 2 ? found : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 5 },
  );
  // From the first instruction of the workers until well into what they load.
  for (let round = 0; round < 10; round += 1) {
    for (const pid of [primary, ...new Set([...workers, ...edgesOf(primary)])]) {
      if (isAlive(pid)) process.kill(pid, 'SIGHUP');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const edge = await starting;
  started.push(edge);
  expect(edge.process.pid).toBe(primary);
  expect((await untilWhole(edge)).ready).toBe(true);
  expect(await post(edge, 'after')).toMatchObject({ status: 200 });
});

/** Edge processes that this one has started, as the system lists them. */
function edgesOf(pid: number): number[] {
  const read = (path: string): string => {
    try {
      return readFileSync(`/proc/${path}`, 'utf8');
    } catch {
      return ''; // it has ended meanwhile
    }
  };
  const children = read(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.filter((child) => read(`${child}/cmdline`).includes('edge-proxy'));
}
