// The config is reloaded again and again while requests are served: none fails, and none sees half of a config.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  type AuditRecorded,
  auditRecordedSchema,
  cloudEventSchema,
  CONTROL_MESSAGES,
  type ControlReply,
  controlSubject,
} from '@sluice/contracts';
import { startTestNats, type TempDir, tempDir, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  beginStream,
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
import { brokenText, type ConfigStep, configStep } from './config-series.js';
import { reloadRun } from './reload.config.js';
import { startSteadyLoad } from './steady-load.js';

const CLIENTS = 6;
/** A stream lasts so long: longer than a reload, so each is begun under one config and ended under another. */
const STREAM_WORDS = 4;
const WORD_MS = 25;
/** A reload takes some ten milliseconds; a busy machine takes its time, and each event is read. */
const RUN_MS = 60_000 + reloadRun.reloads * 1_500;

let providers: { readonly even: StubProvider; readonly odd: StubProvider };
let nats: TestServer;
let connection: NatsConnection;
let dir: TempDir;
let events: EventReader;
const started: EdgeProcess[] = [];

beforeAll(async () => {
  const [even, odd] = await Promise.all([startStubProvider(), startStubProvider()]);
  providers = { even, odd };
  for (const provider of [even, odd]) provider.answer = answer;
});
afterAll(async () => {
  await providers.even[Symbol.asyncDispose]();
  await providers.odd[Symbol.asyncDispose]();
});
beforeEach(async () => {
  [nats, dir] = await Promise.all([startTestNats(), tempDir('sluice-e2e-')]);
  events = await EventReader.open(nats.url);
  connection = await connect({ servers: nats.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'SLUICE_AUDIT', subjects: ['sluice.v1.audit.*.*'] });
});
afterEach(async () => {
  for (const edge of started.splice(0)) await edge.process.stop(8_000);
  await events[Symbol.asyncDispose]();
  await connection.close();
  await nats.stop();
  await dir.remove();
});

const answer: StubProvider['answer'] = (response, body) => {
  if (!body.includes('"stream":true')) return plainAnswer(response);
  beginStream(response, 'word-0');
  void (async () => {
    for (let word = 1; word < STREAM_WORDS; word += 1) {
      await pause(WORD_MS);
      response.write(wordEvent(`word-${word}`));
    }
    response.end(STREAM_END);
  })();
};

const baseUrls = (): { even: string; odd: string } => ({
  even: providers.even.baseUrl,
  odd: providers.odd.baseUrl,
});

async function start(step: ConfigStep): Promise<EdgeProcess> {
  const edge = await startEdge({ dir: dir.path, config: step.text, natsUrl: nats.url });
  started.push(edge);
  await untilHeard();
  return edge;
}

/** An edge serves before it is connected to NATS; from then on it answers control. */
async function untilHeard(): Promise<void> {
  const ask = (): Promise<unknown> =>
    connection.request(controlSubject('breaker.list'), '{}', { timeout: 1_000 });
  await waitFor(
    () =>
      ask().then(
        () => true,
        () => false,
      ),
    { message: 'nobody answers control' },
  );
}

const writeConfig = (text: string): void => writeFileSync(join(dir.path, 'sluice.yaml'), text);

interface Readyz {
  readonly ready: boolean;
  readonly configVersion: string;
  readonly dependencies: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}
const readyzOf = async (edge: EdgeProcess): Promise<Readyz> =>
  (await (await fetch(`${edge.opsUrl}/readyz`)).json()) as Readyz;

/** How many reloads there were with a result. */
async function reloadsOf(edge: EdgeProcess, result: 'applied' | 'refused'): Promise<number> {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  const line = text
    .split('\n')
    .find((one) => one.startsWith('sluice_edge_config_reloads_total') && one.includes(`"${result}"`));
  return Number(line?.split(' ').at(-1) ?? NaN);
}

async function reloadByControl(): Promise<ControlReply<'config.reload'>> {
  const request = JSON.stringify({ actor: { kind: 'operator', name: 'e2e' } });
  const reply = await connection.request(controlSubject('config.reload'), request, { timeout: 10_000 });
  return CONTROL_MESSAGES['config.reload'].reply.strict().parse(reply.json());
}

async function auditEvents(): Promise<readonly AuditRecorded[]> {
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info('SLUICE_AUDIT');
  const found = new Map<string, AuditRecorded>();
  for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
    const message = await manager.streams.getMessage('SLUICE_AUDIT', { seq });
    if (message === null) continue;
    const event = auditRecordedSchema.strict().parse(cloudEventSchema.parse(message.json()).data);
    expect(message.subject).toBe(`sluice.v1.audit.config.${event.verb}`);
    found.set(event.eventId, event);
  }
  return [...found.values()];
}

test.each([1, 2])(
  `${reloadRun.reloads} reloads under load, every ${reloadRun.brokenEvery}th of a broken file, %i worker(s): no request fails, none sees a torn config`,
  { timeout: RUN_MS },
  async (workers) => {
    const first = configStep(0, baseUrls(), { workers });
    const edge = await start(first);
    /** Versions in the order in which they were put to use. */
    const used: ConfigStep[] = [first];
    let settled = 0;
    const load = startSteadyLoad({
      url: edge.url,
      clients: CLIENTS,
      settled: () => settled,
      begun: () => used.length - 1,
    });
    const steps = Array.from({ length: reloadRun.reloads }, (_, index) =>
      configStep(index + 1, baseUrls(), { workers }),
    );
    let refused = 0;
    for (const step of steps) {
      const isBroken = step.index % reloadRun.brokenEvery === 0;
      const isBySignal = step.index % 2 === 0;
      const kept = used.at(-1)!.version;
      writeConfig(isBroken ? brokenText(step) : step.text);
      // Its version may be seen from now on, and no other one once the edge has answered.
      if (!isBroken) used.push(step);
      else refused += 1;
      if (isBySignal) {
        edge.process.signal('SIGHUP');
        const [result, count] = isBroken
          ? (['refused', refused] as const)
          : (['applied', used.length - 1] as const);
        await waitFor(async () => (await reloadsOf(edge, result)) === count, {
          message: () => edge.process.output,
        });
      } else {
        const reply = await reloadByControl();
        expect(reply).toMatchObject({ ok: !isBroken, configVersion: isBroken ? kept : step.version });
        if (isBroken)
          expect(reply.problems).toEqual([
            expect.stringMatching(/^sluice\.yaml:1:\d+ models\.m\.routes\[0\]\.provider: /),
          ]);
      }
      expect((await readyzOf(edge)).configVersion).toBe(isBroken ? kept : step.version);
      settled = used.length - 1;
      await pause(30);
    }
    await load.stop();

    expect(load.asked.filter(({ failure }) => failure !== null)).toEqual([]);
    expect(load.asked.length).toBeGreaterThan(reloadRun.reloads * 2);
    const told = await events.atLeast(load.asked.length, RUN_MS / 2);
    const byId = new Map(told.map((event) => [event.requestId, event]));
    const places = new Map(used.map((step, place) => [step.version, place]));
    let crossed = 0;
    for (const { id, before, after } of load.asked) {
      const event = byId.get(id)!;
      const place = places.get(event.configVersion);
      const step = used[place ?? -1];
      // A version that was in use, the route of that version, and one of those that could be in use.
      expect([id, event.provider, event.providerModel]).toEqual([id, step?.provider, step?.providerModel]);
      expect(place).toBeGreaterThanOrEqual(before);
      expect(place).toBeLessThanOrEqual(after);
      if (before !== after) crossed += 1;
    }
    // Or nothing was shown about requests under way.
    expect(crossed).toBeGreaterThan(reloadRun.reloads / 5);
    const reloads = await waitFor(async () => {
      const found = (await auditEvents()).filter(({ verb }) => verb === 'reloaded');
      return found.length === used.length - 1 ? found : undefined;
    });
    expect(reloads.map(({ configVersion }) => configVersion)).toEqual(
      used.slice(1).map(({ version }) => version),
    );
    const said = JSON.stringify(reloads) + edge.process.output;
    expect(reloads[0]?.changes.map(({ path }) => path)).toContain('providers.odd');
    expect(said).not.toContain('provider-secret-');
    console.log(
      `reload: ${load.asked.length} requests, ${crossed} over a reload; ${used.length - 1} applied, ${refused} refused; 0 failed`,
    );
  },
);

test('an edge whose file was broken while it was down starts with the last good copy, says so, and mends by a reload', async () => {
  const first = configStep(0, baseUrls());
  const edge = await start(first);
  expect((await readyzOf(edge)).dependencies['config']).toEqual({ ok: true });
  await edge.process.stop(8_000);
  const second = configStep(1, baseUrls());
  const again = await startEdge({ dir: dir.path, config: brokenText(second), natsUrl: nats.url });
  started.push(again);
  await untilHeard();
  const ready = await readyzOf(again);
  expect([ready.ready, ready.configVersion]).toEqual([true, first.version]);
  expect(ready.dependencies['config']).toMatchObject({
    ok: false,
    detail: expect.stringContaining('last good copy') as string,
  });
  expect(again.process.output).toContain('models.m.routes[0].provider');
  const metrics = await (await fetch(`${again.opsUrl}/metrics`)).text();
  expect(metrics).toMatch(/sluice_edge_config_last_good_in_use\{[^}]*\} 1/);
  expect((await reloadByControl()).ok).toBe(false);
  writeConfig(second.text);
  expect(await reloadByControl()).toMatchObject({ ok: true, configVersion: second.version });
  expect((await readyzOf(again)).dependencies['config']).toEqual({ ok: true });
});

test('an edge that never had a right file does not start', async () => {
  const process = launchEdge({
    dir: dir.path,
    config: brokenText(configStep(0, baseUrls())),
    natsUrl: nats.url,
  });
  const { code } = await process.ended;
  expect(code).toBe(1);
  expect(process.output).toContain('models.m.routes[0].provider');
});
