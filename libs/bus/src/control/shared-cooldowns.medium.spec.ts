// Facts between edges over a real server (M7): heard at once, never shortened, found again after an outage.
import type { CooldownFact } from '@sluice/contracts';
import { startTestNats, waitFor, type TestServer } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../__fixtures__/request-event.js';
import { ensureTopology } from '../ensure-streams.js';
import { connectNats, type NatsLink } from '../nats-connection.js';
import { SharedCooldowns, type NewCooldown } from './shared-cooldowns.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

let server: TestServer;
let log: MemoryLog;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  server = await startTestNats();
  log = new MemoryLog();
});
afterEach(async () => {
  server.resume();
  for (const end of ends.splice(0).reverse()) await end();
  await server.stop();
});

const link = (name: string): NatsLink => {
  const nats = connectNats({ url: server.url, name, log, connectionOptions: { pingInterval: 300 } });
  ends.push(() => nats.close());
  return nats;
};
const makeBuckets = async (): Promise<void> => {
  await ensureTopology(await link('init').ready, { log });
};

/** One edge as far as cooldowns go; `aheadMs`: its clock is wrong by so much. */
async function startEdge(instance: string, { aheadMs = 0, listIntervalMs = 60_000, maxFacts = 10_000 } = {}) {
  const nats = link(instance);
  const heard: CooldownFact[] = [];
  const now = (): number => Date.now() + aheadMs;
  const cooldowns = new SharedCooldowns({
    nats,
    instance,
    log,
    onFact: (fact) => heard.push(fact),
    now,
    listIntervalMs,
    maxFacts,
  });
  cooldowns.start();
  ends.push(() => cooldowns.stop());
  const connection = await nats.ready;
  await connection.flush(); // The server knows the subscription.
  return { nats, cooldowns, heard, now };
}

/** Waits until so many listings were asked for, by whomever, from now on. */
async function waitForListings(nats: NatsLink, count: number): Promise<void> {
  const asked = nats.connection()!.subscribe('$JS.API.STREAM.INFO.KV_sluice_cooldowns');
  try {
    await waitFor(() => asked.getReceived() >= count);
  } finally {
    asked.unsubscribe();
  }
}

/** The same moment by two processes: the ways of the messages are in it. */
const expectNear = (untilMs: number | undefined, expectedMs: number): void => {
  expect(untilMs).toBeGreaterThan(expectedMs - 100);
  expect(untilMs).toBeLessThan(expectedMs + 500);
};

const cooldown = (untilMs: number, change: Partial<NewCooldown> = {}): NewCooldown => ({
  provider: 'openai',
  providerModel: null,
  credential: '0123456789abcdef',
  kind: 'rate_limit',
  untilMs,
  ...change,
});

describe('a cooldown that one edge was told', () => {
  it('is heard by the others within 200 ms, and not by itself', async () => {
    await makeBuckets();
    const [first, second] = [await startEdge('edge-1'), await startEdge('edge-2')];
    const untilMs = Date.now() + MINUTE_MS;
    const startedMs = performance.now();
    first.cooldowns.share(cooldown(untilMs));
    await waitFor(() => second.heard.length === 1);
    expect(performance.now() - startedMs).toBeLessThan(200);
    expect(second.heard[0]).toMatchObject({
      ...cooldown(0),
      untilMs: expect.any(Number) as number,
      instance: 'edge-1',
    });
    // Not earlier; later by no more than the way took.
    expect(second.heard[0]!.untilMs).toBeGreaterThanOrEqual(untilMs - 1);
    expect(second.heard[0]!.untilMs).toBeLessThan(untilMs + 200);
    expect(first.heard).toEqual([]);
  });

  it('ends at the same moment on a machine whose clock is five minutes off', async () => {
    await makeBuckets();
    const [first, ahead] = [await startEdge('edge-1'), await startEdge('edge-2', { aheadMs: 5 * MINUTE_MS })];
    first.cooldowns.share(cooldown(Date.now() + MINUTE_MS));
    await waitFor(() => ahead.heard.length === 1);
    const leftMs = ahead.heard[0]!.untilMs - ahead.now();
    expect(leftMs).toBeGreaterThan(MINUTE_MS - 500);
    expect(leftMs).toBeLessThanOrEqual(MINUTE_MS);
  });

  it.each([5 * MINUTE_MS, -5 * MINUTE_MS])(
    'is as long at peers, at listings and at later edges, when the clock of who was told is %d ms ahead',
    async (aheadMs) => {
      await makeBuckets();
      const wrong = await startEdge('edge-wrong', { aheadMs });
      const peer = await startEdge('edge-2', { listIntervalMs: 50 });
      const untilMs = Date.now() + MINUTE_MS;
      wrong.cooldowns.share(cooldown(wrong.now() + MINUTE_MS));
      await waitFor(() => peer.heard.length === 1);
      await waitForListings(peer.nats, 4);
      const late = await startEdge('edge-late');
      await waitFor(() => late.heard.length === 1);
      expect(peer.heard).toHaveLength(1);
      expectNear(peer.heard[0]!.untilMs, untilMs);
      expectNear(late.heard[0]!.untilMs, untilMs);
    },
  );

  it('keeps its end when it is told again after an outage by an edge whose clock is behind', async () => {
    await makeBuckets();
    const wrong = await startEdge('edge-wrong', { aheadMs: -5 * MINUTE_MS });
    await server.kill();
    await waitFor(() => !wrong.nats.isConnected());
    const untilMs = Date.now() + MINUTE_MS;
    wrong.cooldowns.share(cooldown(wrong.now() + MINUTE_MS));
    await server.restart();
    const late = await startEdge('edge-late', { listIntervalMs: 50 });
    await waitFor(() => late.heard.length === 1, { timeoutMs: 15_000 });
    expectNear(late.heard[0]!.untilMs, untilMs);
  }, 30_000);

  it('above the bound of what is remembered is applied as it is heard, and not again by each listing', async () => {
    await makeBuckets();
    const first = await startEdge('edge-1');
    const second = await startEdge('edge-2', { listIntervalMs: 50, maxFacts: 2 });
    const untilMs = Date.now() + MINUTE_MS;
    for (const credential of ['a', 'b', 'c']) first.cooldowns.share(cooldown(untilMs, { credential }));
    await waitFor(() => second.heard.length >= 3);
    await waitForListings(second.nats, 4);
    expect(second.heard.map(({ credential }) => credential)).toEqual(['a', 'b', 'c']);
  });

  it('is extended by a later end and never shortened, whoever says so', async () => {
    await makeBuckets();
    const [first, second, third] = [
      await startEdge('edge-1'),
      await startEdge('edge-2'),
      await startEdge('edge-3'),
    ];
    const base = Date.now();
    first.cooldowns.share(cooldown(base + 2 * MINUTE_MS));
    first.cooldowns.share(cooldown(base + MINUTE_MS)); // Shorter: nothing is sent.
    await waitFor(() => third.heard.length === 1);
    second.cooldowns.share(cooldown(base + MINUTE_MS)); // Another edge's key: it may be heard, and the longest holds.
    first.cooldowns.share(cooldown(base + 3 * MINUTE_MS));
    await waitFor(() => third.heard.some(({ untilMs }) => untilMs > base + 2.5 * MINUTE_MS));
    first.cooldowns.share(cooldown(base + MINUTE_MS)); // Shorter again: what is stored stays.
    first.cooldowns.stop();
    await first.nats.connection()!.flush();
    const newcomer = await startEdge('edge-4');
    await waitFor(() => newcomer.heard.length === 2);
    expectNear(Math.max(...newcomer.heard.map(({ untilMs }) => untilMs)), base + 3 * MINUTE_MS);
    const ofFirst = third.heard.filter(({ instance }) => instance === 'edge-1').map(({ untilMs }) => untilMs);
    expect(ofFirst).toEqual([...ofFirst].sort((a, b) => a - b));
  });

  it('is known to an edge that starts later', async () => {
    await makeBuckets();
    const first = await startEdge('edge-1');
    const untilMs = Date.now() + MINUTE_MS;
    first.cooldowns.share(cooldown(untilMs, { kind: 'quota', providerModel: 'gpt-4.1 mini' }));
    await first.nats.connection()!.flush();
    const second = await startEdge('edge-2');
    await waitFor(() => second.heard.length === 1);
    expect(second.heard[0]).toMatchObject({ kind: 'quota', providerModel: 'gpt-4.1 mini' });
    expectNear(second.heard[0]!.untilMs, untilMs);
  });

  it('outlives the edge that was told, and a later run of it with the same name does not shorten it', async () => {
    await makeBuckets();
    const first = await startEdge('edge-1');
    const untilMs = Date.now() + 2 * MINUTE_MS;
    first.cooldowns.share(cooldown(untilMs));
    first.cooldowns.stop();
    await first.nats.close();
    const again = await startEdge('edge-1');
    await waitFor(() => again.heard.length === 1);
    again.cooldowns.share(cooldown(Date.now() + 1000));
    await again.nats.connection()!.flush();
    const second = await startEdge('edge-2');
    await waitFor(() => second.heard.some((fact) => fact.untilMs > untilMs - 100));
  });

  it('is told when NATS is back, if it is still true', async () => {
    await makeBuckets();
    const first = await startEdge('edge-1');
    const second = await startEdge('edge-2');
    await server.kill();
    await waitFor(() => !first.nats.isConnected() && !second.nats.isConnected());
    const untilMs = Date.now() + MINUTE_MS;
    first.cooldowns.share(cooldown(untilMs));
    first.cooldowns.share(cooldown(Date.now() + 50, { credential: 'over-by-then' }));
    await server.restart();
    await waitFor(() => second.heard.length > 0, { timeoutMs: 15_000 });
    expect(second.heard.map(({ credential }) => credential)).toEqual(['0123456789abcdef']);
  }, 30_000);

  it('comes through although the bucket was made later', async () => {
    const first = await startEdge('edge-1', { listIntervalMs: 100 });
    const untilMs = Date.now() + MINUTE_MS;
    first.cooldowns.share(cooldown(untilMs));
    await makeBuckets();
    await waitFor(async () => {
      const late = await startEdge('edge-late');
      return waitFor(() => late.heard.length > 0, { timeoutMs: 300 }).then(
        () => true,
        () => false,
      );
    });
    expect(
      log.of('warn').filter((line) => line.startsWith('the shared cooldowns cannot be listed')).length,
    ).toBeGreaterThan(0);
  });
});

describe('what a peer says', () => {
  it('holds for a day at most, however long it claims', async () => {
    await makeBuckets();
    const [liar, second] = [await startEdge('liar'), await startEdge('edge-2')];
    (await liar.nats.ready).publish(
      '$KV.sluice_cooldowns.openai.c.=.quota.w',
      JSON.stringify({ ...cooldown(1e15, { kind: 'quota' }), forMs: 1e15, instance: 'liar' }),
    );
    await waitFor(() => second.heard.length === 1);
    expect(second.heard[0]!.untilMs).toBeLessThanOrEqual(Date.now() + DAY_MS);
  });

  it.each(['', '{', '[]', '{"provider":"openai"}', '{"untilMs":"soon"}'])(
    'and cannot be read, as %j, is left out and harms nobody',
    async (text) => {
      await makeBuckets();
      const [liar, second] = [await startEdge('liar'), await startEdge('edge-2')];
      (await liar.nats.ready).publish('$KV.sluice_cooldowns.a.b.c.quota.w', text);
      liar.cooldowns.share(cooldown(Date.now() + MINUTE_MS));
      await waitFor(() => second.heard.length === 1);
      const third = await startEdge('edge-3');
      await waitFor(() => third.heard.length === 1);
      expect(
        log.of('warn').filter((line) => line.startsWith('a shared cooldown cannot be read')).length,
      ).toBeGreaterThan(1);
    },
  );

  it('a thousand times in one turn is a handful of messages', async () => {
    await makeBuckets();
    const [first, second] = [await startEdge('edge-1'), await startEdge('edge-2')];
    const base = Date.now() + MINUTE_MS;
    for (let n = 0; n < 1000; n += 1) first.cooldowns.share(cooldown(base + n));
    await waitFor(() => second.heard.some(({ untilMs }) => untilMs >= base + 998));
    expect(second.heard.length).toBeLessThanOrEqual(3);
  });
});
