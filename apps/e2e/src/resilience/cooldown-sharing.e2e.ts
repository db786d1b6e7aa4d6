// M7: a 429 that one edge was told holds for all of them, and no longer than the provider said. Three edges, real NATS.
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  cooldownFactSchema,
  CONTROL_MESSAGES,
  controlSubject,
  healthChangedSchema,
  type RoutingRecord,
  routingRecordSchema,
} from '@sluice/contracts';
import { waitFor } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sluice, startSluice } from '../harness/start-sluice.js';
import { cooldownRounds } from './cooldown-sharing.config.js';

const EDGES = 3;
/** The promise. Measured from before the request is sent, so the call itself is in it. */
const SHARED_WITHIN_MS = 200;
const LONG_HINT_SECONDS = 60;
const SHORT_HINT_SECONDS = 3;

let sluice: Sluice;
let nats: NatsConnection;

/** One provider, hence one credential, for each round; a second route serves meanwhile. */
function configOf(rounds: number): string {
  const numbers = Array.from({ length: rounds }, (_, index) => index);
  const base =
    '{ type: openai-compatible, baseUrl: "http://127.0.0.1:${DEMO_PROVIDER_PORT}/v1", allowPrivateNetwork: true }';
  const hintOf = (index: number): number => (index === 0 ? SHORT_HINT_SECONDS : LONG_HINT_SECONDS);
  return [
    'providers:',
    ...numbers.map((index) => `  limited-${index}: ${base}`),
    `  well: ${base}`,
    'models:',
    ...numbers.map(
      (index) =>
        `  m-${index}: { routes: [{ provider: limited-${index}, model: "${modelOf(index)}+fault=429:${hintOf(index)}" }, { provider: well, model: demo-fast+tokens=1 }] }`,
    ),
    '  warm: { routes: [{ provider: well, model: demo-fast+tokens=1 }] }',
    '',
  ].join('\n');
}
const modelOf = (round: number): string => `demo-fast+tokens=${round + 2}`;

beforeAll(async () => {
  sluice = await startSluice({ edges: EDGES, configText: configOf(cooldownRounds) });
  nats = await connect({ servers: sluice.natsUrl });
  // The first calls of a process are slow; they are not what is measured.
  for (let edge = 0; edge < EDGES; edge += 1) {
    for (let call = 0; call < 5; call += 1) await (await post(edge, '/v1/chat/completions', 'warm')).text();
    await explain(edge, 0);
  }
});
afterAll(async () => {
  await nats.close();
  await sluice[Symbol.asyncDispose]();
});

function post(edge: number, path: string, model: string): Promise<Response> {
  return fetch(`${sluice.edgeUrls[edge]}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sluice.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
    signal: AbortSignal.timeout(10_000),
  });
}
async function chat(edge: number, round: number): Promise<number> {
  const response = await post(edge, '/v1/chat/completions', `m-${round}`);
  await response.arrayBuffer();
  return response.status;
}
async function explain(edge: number, round: number): Promise<RoutingRecord> {
  return routingRecordSchema.parse(await (await post(edge, '/v1/route/explain', `m-${round}`)).json());
}
const isCooling = async (edge: number, round: number): Promise<boolean> =>
  (await explain(edge, round)).candidates.find(({ provider }) => provider === `limited-${round}`)
    ?.filtered === 'cooldown';
const callsOf = async (round: number): Promise<number> =>
  (await sluice.demo.servings()).filter(({ model }) => model.startsWith(`${modelOf(round)}+`)).length;

test(
  `of ${cooldownRounds - 1} cooldowns each holds at every other edge within ${SHARED_WITHIN_MS} ms, and none calls the provider`,
  async () => {
    const tookMs: number[] = [];
    for (let round = 1; round < cooldownRounds; round += 1) {
      for (let edge = 0; edge < EDGES; edge += 1) expect(await isCooling(edge, round)).toBe(false);
      const told = round % EDGES;
      const others = Array.from({ length: EDGES }, (_, edge) => edge).filter((edge) => edge !== told);
      const startedMs = performance.now();
      const first = chat(told, round);
      await Promise.all(
        others.map(async (edge) => {
          while (!(await isCooling(edge, round))) {
            if (performance.now() - startedMs > 5_000)
              throw new Error(`edge ${edge} never heard of round ${round}`);
            await pause(2);
          }
          tookMs.push(performance.now() - startedMs);
        }),
      );
      expect(await first).toBe(200);
      const statuses = await Promise.all(others.flatMap((edge) => [chat(edge, round), chat(edge, round)]));
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(await callsOf(round)).toBe(1);
    }
    tookMs.sort((a, b) => a - b);
    const quantile = (share: number): number => tookMs[Math.ceil(tookMs.length * share) - 1] ?? 0;
    const [median, p95, most] = [0.5, 0.95, 1].map((share) => quantile(share).toFixed(1));
    console.info(`M7: ${tookMs.length} facts, median ${median} ms, p95 ${p95} ms, most ${most} ms`);
    // Pauses of a busy machine are not the fact's: of many, one in a hundred may take longer; none may be lost.
    expect(quantile(tookMs.length >= 100 ? 0.99 : 0.75)).toBeLessThanOrEqual(SHARED_WITHIN_MS);
    expect(quantile(1)).toBeLessThanOrEqual(5 * SHARED_WITHIN_MS);
  },
  60_000 + cooldownRounds * 2_000,
);

test('nobody resumes early, and all resume when it is over', async () => {
  const startedMs = performance.now();
  expect(await chat(0, 0)).toBe(200);
  const answeredMs = performance.now();
  await waitFor(() => isCooling(1, 0));
  const resumedMs: number[] = [];
  await Promise.all(
    Array.from({ length: EDGES }, async (_, edge) => {
      await waitFor(() => isCooling(edge, 0), { timeoutMs: 1_000 });
      await waitFor(async () => !(await isCooling(edge, 0)), { timeoutMs: 10_000 });
      resumedMs.push(performance.now());
    }),
  );
  // The 429 came after the start and before the answer.
  for (const at of resumedMs) {
    expect(at - startedMs).toBeGreaterThanOrEqual(SHORT_HINT_SECONDS * 1000);
    expect(at - answeredMs).toBeLessThan(SHORT_HINT_SECONDS * 1000 + 1_000);
  }
  expect(await callsOf(0)).toBe(1);
}, 30_000);

test('it is one health event of the edge that was told, and one record of it in the bucket', async () => {
  const question = (seq: number): string => JSON.stringify({ seq });
  const events = [];
  for (let seq = 1; seq <= cooldownRounds * 2; seq += 1) {
    const answer = await nats.request('$JS.API.STREAM.MSG.GET.SLUICE_HEALTH', question(seq), {
      timeout: 5_000,
    });
    const { message } = answer.json<{ message?: { data: string } }>();
    if (message === undefined) break;
    const envelope = JSON.parse(Buffer.from(message.data, 'base64').toString()) as { data: unknown };
    events.push(healthChangedSchema.parse(envelope.data));
  }
  const cooldowns = events.filter(({ state }) => state === 'cooldown');
  expect(cooldowns.map(({ provider }) => provider).sort()).toEqual(
    Array.from({ length: cooldownRounds }, (_, round) => `limited-${round}`).sort(),
  );
  const record = await nats.request('$JS.API.STREAM.MSG.GET.KV_sluice_cooldowns', question(1), {
    timeout: 5_000,
  });
  const { message } = record.json<{ message: { data: string } }>();
  const fact = cooldownFactSchema.parse(JSON.parse(Buffer.from(message.data, 'base64').toString()));
  expect(cooldowns.find(({ credential }) => credential === fact.credential)).toMatchObject({
    provider: fact.provider,
    untilMs: fact.untilMs,
    instance: fact.instance,
  });
});

test('a peer that lies opens no breaker, and what it says of credentials that are not ours changes nothing', async () => {
  const lie = {
    provider: 'well',
    providerModel: null,
    kind: 'quota',
    untilMs: Date.now() + 1e12,
    forMs: 1e12,
  };
  for (const text of [
    '',
    '{',
    JSON.stringify({ ...lie, credential: 'f'.repeat(16), instance: 'liar', state: 'open' }),
  ]) {
    nats.publish('$KV.sluice_cooldowns.well.ffff.=.quota.liar', text);
  }
  await nats.flush();
  for (let edge = 0; edge < EDGES; edge += 1) {
    const { candidates } = await explain(edge, 0);
    expect(candidates.find(({ provider }) => provider === 'well')?.filtered).toBeNull();
    expect(await chat(edge, 0)).toBe(200);
  }
  const answers = [];
  const asked = await nats.requestMany(controlSubject('breaker.list'), '{}', {
    strategy: 'count',
    maxMessages: EDGES,
    maxWait: 5_000,
  });
  for await (const answer of asked) {
    answers.push(CONTROL_MESSAGES['breaker.list'].reply.parse(answer.json()));
  }
  expect(answers).toHaveLength(EDGES);
  for (const { ok, breakers } of answers) {
    expect(ok).toBe(true);
    expect(breakers.filter(({ state }) => state !== 'closed')).toEqual([]);
  }
});
