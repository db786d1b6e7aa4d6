// What is turned away when there is too much to do: at once, with a word, an event and a time to come back.
import { GatewayError } from '@sluice/contracts';
import { waitFor } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { completion, type ReceivedCall, silence } from '../__fixtures__/fake-provider.js';
import { call, CHAT, chatBody, errorOf, rawClient } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { makeTestExchange } from '../__fixtures__/test-exchange.js';
import { KEY, makeTestGeneration, modelOver, NARROW_KEY } from '../__fixtures__/test-generation.js';
import type { Exchange } from '../chat/exchange.js';
import type { LoadReason } from './load-monitor.js';
import { OverloadGuard, type ShedReason } from './overload-guard.js';
import { RequestsInFlight } from './requests-in-flight.js';

let load: { shedRatio: number; reason: LoadReason };
let random: number;
let shed: ShedReason[];
let nowMs: number;
let inFlight: RequestsInFlight;
let guard: OverloadGuard;

function makeGuard(share = { index: 0, count: 1 }): OverloadGuard {
  inFlight = new RequestsInFlight({ maxBodyBytes: 1_000, now: () => nowMs });
  return new OverloadGuard({
    load,
    inFlight,
    share,
    random: () => random,
    onShed: (reason) => shed.push(reason),
  });
}

beforeEach(() => {
  load = { shedRatio: 0, reason: 'event_loop' };
  random = 0.5;
  shed = [];
  nowMs = 0;
  guard = makeGuard();
});

/** A request of a key to an edge with this limit. */
async function exchangeOf(keyId: string, maxConcurrency?: number): Promise<Exchange> {
  const exchange = await makeTestExchange();
  const { generation, caller } = exchange;
  exchange.caller = { ...caller!, keyId };
  const config = { ...generation.config, server: { ...generation.config.server, maxConcurrency } };
  return Object.assign(exchange, { generation: { ...generation, config } });
}

const isLetIn = (exchange: Exchange): boolean => {
  try {
    guard.admit(exchange);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'overloaded') throw error;
    return false;
  }
};

describe('a process under load', () => {
  test('turns away the part that its load asks for', async () => {
    const exchange = await exchangeOf('a');
    load.shedRatio = 0.3;
    random = 0.3;
    expect(isLetIn(exchange)).toBe(true);
    random = 0.29;
    expect(isLetIn(exchange)).toBe(false);
    expect(shed).toEqual(['event_loop']);
  });

  test('and out of memory lets one in at a time: there is always a way out', async () => {
    load = { shedRatio: 1, reason: 'memory' };
    guard = makeGuard();
    const [one, other] = [await exchangeOf('a'), await exchangeOf('b')];
    expect([isLetIn(one), isLetIn(other)]).toEqual([true, false]);
    guard.end(one);
    expect(isLetIn(other)).toBe(true);
    expect(shed).toEqual(['memory']);
  });

  test('spreads the times to come back', async () => {
    load = { shedRatio: 1, reason: 'memory' };
    guard = makeGuard();
    guard.admit(await exchangeOf('a'));
    const seconds = [0, 0.34, 0.99].map((value) => {
      random = value;
      return guard.refusal()?.retryAfterSeconds;
    });
    expect(seconds).toEqual([1, 2, 3]);
    expect(guard.refusal()?.message).toContain('memory');
  });
});

describe('server.maxConcurrency', () => {
  test('lets in so many at a time, and the next when one has ended, however often it ends', async () => {
    const [first, second, third] = [
      ...[await exchangeOf('a', 2), await exchangeOf('a', 2), await exchangeOf('a', 2)],
    ] as const;
    expect([first, second, third].map(isLetIn)).toEqual([true, true, false]);
    guard.end(first);
    guard.end(first);
    guard.end(third);
    expect([isLetIn(third), isLetIn(await exchangeOf('a', 2)), inFlight.places]).toEqual([true, false, 2]);
    expect(shed).toEqual(['concurrency', 'concurrency']);
  });

  test('is all one key’s while it is alone, and leaves room once another asks', async () => {
    const flood = await Promise.all(Array.from({ length: 11 }, () => exchangeOf('flood', 10)));
    expect(flood.filter(isLetIn)).toHaveLength(10);
    // The first of the quiet key finds all places taken; from then on two of them are not the flood's.
    expect(isLetIn(await exchangeOf('quiet', 10))).toBe(false);
    for (const exchange of flood.slice(0, 2)) guard.end(exchange);
    expect(isLetIn(await exchangeOf('flood', 10))).toBe(false);
    expect(isLetIn(await exchangeOf('quiet', 10))).toBe(true);
    expect(inFlight.places).toBe(9);
    nowMs = 5_000;
    expect(isLetIn(await exchangeOf('quiet', 10))).toBe(true);
  });

  test('has a part in each of the edge’s processes, at least one', async () => {
    guard = makeGuard({ index: 1, count: 2 });
    const three = await Promise.all([1, 2, 3].map(() => exchangeOf('a', 5)));
    expect(three.map(isLetIn)).toEqual([true, true, false]);
    guard = makeGuard({ index: 3, count: 4 });
    expect([await exchangeOf('a', 2), await exchangeOf('a', 2)].map(isLetIn)).toEqual([true, false]);
  });

  test('comes and goes with the config, and what began without it is given back all the same', async () => {
    const before = await exchangeOf('a');
    guard.admit(before);
    const limited = await exchangeOf('a', 1);
    expect(isLetIn(limited)).toBe(false);
    guard.end(before);
    expect([isLetIn(limited), inFlight.places]).toEqual([true, 1]);
    guard.end(limited);
    expect(inFlight.places).toBe(0);
  });
});

describe('the bodies under way', () => {
  test('take so much together; one alone is always taken', async () => {
    const [large, small] = [await exchangeOf('a'), await exchangeOf('b')];
    expect(guard.holdBody(large, 5_000)).toBeNull();
    expect(guard.holdBody(small, 1)?.code).toBe('overloaded');
    guard.end(large);
    expect(guard.holdBody(small, 1)).toBeNull();
    expect([inFlight.bodyBytes, shed]).toEqual([1, ['body_bytes']]);
  });

  test('are not held by an announcement, which is refused where it cannot fit', async () => {
    const [idle, other] = [await exchangeOf('flood'), await exchangeOf('quiet')];
    for (let index = 0; index < 5; index += 1) {
      expect(guard.refusalOfBody(await exchangeOf('flood'), 900)).toBeNull();
    }
    expect([guard.holdBody(idle, 1), inFlight.bodyBytes]).toEqual([null, 1]);
    expect(guard.refusalOfBody(other, 1_000)?.code).toBe('overloaded');
    expect(guard.holdBody(other, 500)).toBeNull();
  });

  test('of one key leave a fifth for the others, also before another asked', async () => {
    const flood = await Promise.all(Array.from({ length: 5 }, () => exchangeOf('flood')));
    const taken = flood.map((exchange) => guard.holdBody(exchange, 200) === null);
    expect(taken).toEqual([true, true, true, true, false]);
    const quiet = await exchangeOf('quiet');
    expect([guard.holdBody(quiet, 150), guard.holdBody(quiet, 50)]).toEqual([null, null]);
    expect(guard.holdBody(await exchangeOf('late'), 1)?.code).toBe('overloaded');
    for (const exchange of [...flood, quiet]) guard.end(exchange);
    // What a key held is its own no more.
    expect(guard.holdBody(await exchangeOf('flood'), 500)).toBeNull();
    expect(guard.holdBody(await exchangeOf('flood'), 300)).toBeNull();
    expect(inFlight.bodyBytes).toBe(800);
  });

  test('count for their key however long ago they were announced', async () => {
    const late = await Promise.all(Array.from({ length: 3 }, () => exchangeOf('flood')));
    for (const exchange of late) guard.refusalOfBody(exchange, 900);
    for (nowMs = 0; nowMs < 5_000; nowMs += 1_000) guard.refusalOfBody(await exchangeOf('quiet'), 1);
    expect(late.map((exchange) => guard.holdBody(exchange, 400) === null)).toEqual([true, true, false]);
    expect(guard.refusalOfBody(await exchangeOf('flood'), 1)?.code).toBe('overloaded');
  });

  test('that come in pieces of unknown number are counted by the piece', async () => {
    const [one, other] = [await exchangeOf('a'), await exchangeOf('b')];
    expect([guard.holdBody(one, 600), guard.holdBody(other, 300)]).toEqual([null, null]);
    expect(guard.holdBody(one, 101)?.code).toBe('overloaded');
    guard.end(one);
    guard.end(other);
    expect(inFlight.bodyBytes).toBe(0);
  });
});

describe('at the door', () => {
  const provider = providerOfEachTest();
  let edge: TestEdge;
  beforeEach(async () => {
    edge = await startTestEdge(modelOver([provider], { sections: { server: { maxConcurrency: 2 } } }));
  });
  afterEach(() => edge[Symbol.asyncDispose]());

  /** Fills all places; the calls wait at the provider. */
  async function fill(): Promise<{ readonly held: ReceivedCall[]; readonly pending: Promise<unknown> }> {
    const held = provider.calls;
    provider.reply = silence;
    const pending = Promise.all([call(edge.port), call(edge.port)]);
    await waitFor(() => held.length === 2);
    return { held, pending };
  }

  test('the one too many is a 503 within 20 ms, with an event, and nothing is called', async () => {
    const { held, pending } = await fill();
    const given = await call(edge.port);
    expect(given.status).toBe(503);
    expect(Number(given.headers['retry-after'])).toBeGreaterThan(0);
    expect(given.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
    expect(errorOf(given)).toMatchObject({ code: 'overloaded', type: 'server_error' });
    const times: number[] = [];
    for (let index = 0; index < 50; index += 1) times.push((await call(edge.port)).ms);
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(20);
    expect(edge.sink.events).toHaveLength(51);
    expect(edge.sink.events[0]).toMatchObject({
      outcome: 'failed',
      status: 503,
      errorCode: 'overloaded',
      keyId: 'config:all',
      attempts: [],
    });
    expect(provider.calls).toHaveLength(2);
    for (const received of held) completion('Hi')(received);
    await pending;
    provider.reply = completion('Hi');
    expect((await call(edge.port)).status).toBe(200);
  });

  test('it says so in the client’s dialect', async () => {
    const { held, pending } = await fill();
    const given = await call(edge.port, { path: '/v1/messages', body: { ...chatBody(), max_tokens: 5 } });
    expect([given.status, errorOf(given).type]).toEqual([503, 'overloaded_error']);
    for (const received of held) completion('Hi')(received);
    await pending;
  });

  test('the answer comes before the body', async () => {
    const { held, pending } = await fill();
    const client = await rawClient(edge.port);
    client.socket.write(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: 1000\r\n\r\n`,
    );
    await waitFor(() => client.text().includes('HTTP/1.1 503'));
    client.socket.destroy();
    for (const received of held) completion('Hi')(received);
    await pending;
  });

  test('who has no key is told that first, and has no event', async () => {
    const { held, pending } = await fill();
    expect((await call(edge.port, { headers: { 'x-api-key': 'wrong' } })).status).toBe(401);
    for (const received of held) completion('Hi')(received);
    await pending;
    expect(edge.sink.events).toHaveLength(2);
  });

  test('a thousand of them are one line of the log', async () => {
    const { held, pending } = await fill();
    await Promise.all(Array.from({ length: 100 }, () => call(edge.port)));
    expect(edge.log.filter(({ msg }) => String(msg).includes('turned away'))).toHaveLength(1);
    expect(edge.log.filter(({ msg }) => msg === 'request failed')).toEqual([]);
    for (const received of held) completion('Hi')(received);
    await pending;
  });

  test('a place comes free with every end: an error, a client that goes, a refusal, a reload', async () => {
    const ends: (() => Promise<unknown>)[] = [
      () => call(edge.port, { body: '{' }),
      () => call(edge.port, { headers: { authorization: `Bearer ${KEY}`, 'content-type': 'text/plain' } }),
      () => call(edge.port, { body: chatBody({ model: 'nobody' }) }),
      () => call(edge.port, { headers: { 'x-api-key': NARROW_KEY }, body: chatBody({ model: 'other' }) }),
      async () => {
        provider.reply = silence;
        const signal = AbortSignal.timeout(30);
        await expect(call(edge.port, { signal })).rejects.toThrow('aborted');
        provider.reply = completion('Hi');
      },
      async () => {
        const seen = edge.sink.events.length;
        const client = await rawClient(edge.port);
        client.socket.write(
          `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n`,
        );
        await waitFor(() => client.text().includes('100 Continue'));
        client.socket.resetAndDestroy();
        await waitFor(() => edge.sink.events.length > seen);
      },
      async () => {
        const sections = { server: { maxConcurrency: 1 } };
        edge.edge.holder.swap(await makeTestGeneration(modelOver([provider], { sections })));
      },
    ];
    for (let round = 0; round < 3; round += 1) for (const end of ends) await end();
    await waitFor(async () => (await call(edge.port)).status === 200);
    // With one place left in the config, one at a time is served, and no more.
    const two = await fillOne();
    expect((await call(edge.port)).status).toBe(503);
    completion('Hi')(two);
  });

  async function fillOne(): Promise<ReceivedCall> {
    const seen = provider.calls.length;
    provider.reply = silence;
    void call(edge.port);
    return waitFor(() => provider.calls[seen]);
  }
});
