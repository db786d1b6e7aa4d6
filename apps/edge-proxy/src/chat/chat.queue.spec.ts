// Turns at a provider with maxConcurrency, over the whole edge: who waits, who goes on to the next route, who is told.
import { waitFor } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { answer, completion, refusal, type Reply, silence } from '../__fixtures__/fake-provider.js';
import { call, chatBody, errorOf, open } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, makeTestGeneration, modelOver, NARROW_KEY } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest();
const second = providerOfEachTest();
let edge: TestEdge | undefined;
afterEach(() => edge?.[Symbol.asyncDispose]());

/** An edge over one route, or two. */
async function startEdge(provider: object, routes = [first], sections = {}): Promise<number> {
  edge = await startTestEdge(modelOver(routes, { provider: { maxConcurrency: 1, ...provider }, sections }));
  return edge.port;
}
const asKey = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
/** What a gauge or counter of the edge says of a provider. */
async function metric(name: string, provider: string): Promise<number> {
  const text = await edge!.metrics.metrics();
  return Number(
    new RegExp(`^${name}\\{[^}]*provider="${provider}"[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  );
}
const queued = (provider = 'p1'): Promise<number> => metric('sluice_edge_provider_queued', provider);
const inFlight = (provider = 'p1'): Promise<number> => metric('sluice_edge_provider_in_flight', provider);

describe('one place', () => {
  beforeEach(() => {
    first.reply = silence;
  });

  test('is for one call at a time; the next waits for its turn, and its event says how long', async () => {
    const port = await startEdge({ queueTimeout: '10s' });
    const running = call(port);
    await waitFor(() => first.calls.length === 1);
    const waiting = call(port);
    await waitFor(async () => (await queued()) === 1);
    await new Promise((resolve) => setTimeout(resolve, 100)); // what is measured
    expect(first.calls).toHaveLength(1);
    first.reply = completion('second');
    completion('first')(first.calls[0]!);
    expect([(await running).status, (await waiting).status]).toEqual([200, 200]);
    const [one, other] = edge!.sink.events.map(({ timing }) => timing);
    expect(one?.queueMs).toBe(0);
    expect(other?.queueMs).toBeGreaterThan(90);
    expect(other?.queueMs).toBeLessThan(other?.totalMs ?? 0);
    expect(await inFlight()).toBe(0);
  });

  test('goes to the quiet key next, however many of another key wait', async () => {
    const port = await startEdge({ queueTimeout: '10s' });
    const calls = Array.from({ length: 20 }, () => call(port, asKey(KEY)));
    await waitFor(async () => (await queued()) === 19);
    calls.push(call(port, { ...asKey(NARROW_KEY), body: chatBody({ user: 'quiet' }) }));
    await waitFor(async () => (await queued()) === 20);
    first.reply = completion('Hi');
    completion('Hi')(first.calls[0]!);
    const given = await Promise.all(calls);
    expect(given.every(({ status }) => status === 200)).toBe(true);
    const place = first.calls.findIndex(({ body }) => body.includes('quiet'));
    expect(place).toBeLessThanOrEqual(2);
  });

  test('that does not come free in time is a 503 with Retry-After, and the provider is not called', async () => {
    const port = await startEdge({ queueTimeout: '50ms' });
    const running = open(port);
    await waitFor(() => first.calls.length === 1);
    const given = await call(port);
    expect([given.status, errorOf(given).code]).toEqual([503, 'overloaded']);
    expect(Number(given.headers['retry-after'])).toBeGreaterThan(0);
    expect(edge!.sink.events[0]).toMatchObject({ outcome: 'failed', errorCode: 'overloaded', attempts: [] });
    expect(first.calls).toHaveLength(1);
    expect(await metric('sluice_edge_provider_refused_total', 'p1')).toBe(1);
    completion('Hi')(first.calls[0]!);
    (await running).resume();
  });

  test('does not outlive the client that waits for it', async () => {
    const port = await startEdge({ queueTimeout: '10s' });
    const running = call(port);
    await waitFor(() => first.calls.length === 1);
    await expect(call(port, { signal: AbortSignal.timeout(50) })).rejects.toThrow('aborted');
    await waitFor(async () => (await queued()) === 0);
    completion('Hi')(first.calls[0]!);
    await running;
    expect(edge!.sink.events[0]).toMatchObject({ outcome: 'cancelled', attempts: [] });
    expect([first.calls.length, await inFlight()]).toEqual([1, 0]);
  });

  test('is not waited for beyond the deadline', async () => {
    const port = await startEdge({ queueTimeout: '10s' });
    const running = call(port);
    await waitFor(() => first.calls.length === 1);
    const headers = { ...asKey(KEY).headers, 'x-sluice-deadline-ms': '80' };
    const given = await call(port, { headers });
    expect([given.status, errorOf(given).code]).toEqual([504, 'deadline_exceeded']);
    expect(await queued()).toBe(0);
    completion('Hi')(first.calls[0]!);
    await running;
  });
});

describe('a busy provider', () => {
  test('is passed over for the next route', async () => {
    first.reply = silence;
    const port = await startEdge({ queueTimeout: '0s' }, [first, second]);
    const running = call(port);
    await waitFor(() => first.calls.length === 1);
    const given = await call(port);
    expect([given.status, given.headers['x-sluice-provider']]).toEqual([200, 'p2']);
    completion('Hi')(first.calls[0]!);
    await running;
  });

  test('and a second one that is waited for: a client that goes leaves that queue too', async () => {
    first.reply = second.reply = silence;
    edge = await startTestEdge({
      ...modelOver([first, second]),
      ...withProviders({
        p1: { maxConcurrency: 1, queueTimeout: '0s' },
        p2: { maxConcurrency: 1, queueTimeout: '10s' },
      }),
    });
    const { port } = edge;
    const running = [call(port), call(port)];
    await waitFor(() => first.calls.length + second.calls.length === 2);
    await expect(call(port, { signal: AbortSignal.timeout(50) })).rejects.toThrow('aborted');
    await waitFor(async () => (await queued('p2')) === 0);
    completion('Hi')(first.calls[0]!);
    completion('Hi')(second.calls[0]!);
    await Promise.all(running);
    expect([await inFlight('p1'), await inFlight('p2')]).toEqual([0, 0]);
  });

  function withProviders(more: Record<string, object>): object {
    const { providers } = modelOver([first, second]) as { providers: Record<string, object> };
    return {
      providers: Object.fromEntries(
        Object.entries(providers).map(([name, provider]) => [name, { ...provider, ...more[name] }]),
      ),
    };
  }
});

test('a raised limit lets those in who wait', async () => {
  first.reply = silence;
  const port = await startEdge({ queueTimeout: '10s' });
  const calls = [call(port), call(port), call(port)];
  await waitFor(async () => (await queued()) === 2);
  edge!.edge.use(await makeTestGeneration(modelOver([first], { provider: { maxConcurrency: 3 } })));
  await waitFor(() => first.calls.length === 3);
  for (const received of first.calls) completion('Hi')(received);
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('places come back after every end: answers, refusals, broken bodies, clients that go', async () => {
  const never = { consecutiveFailures: 10_000, minRequests: 10_000 };
  const port = await startEdge({ maxConcurrency: 3, queueTimeout: '5s' }, [first], { circuitBreaker: never });
  const replies: readonly Reply[] = [
    completion('Hi'),
    refusal(400),
    refusal(500),
    answer(200, 'no JSON'),
    ({ socket }) => socket.destroy(),
    silence,
  ];
  let count = 0;
  first.reply = (received) => {
    count += 1;
    replies[count % replies.length]?.(received);
  };
  const calls = Array.from({ length: 120 }, (_, index) =>
    call(port, {
      signal: AbortSignal.timeout(index % 3 === 0 ? 50 : 1_500),
      ...asKey(index % 2 === 0 ? KEY : NARROW_KEY),
    }),
  );
  await Promise.allSettled(calls);
  await waitFor(async () => (await queued()) + (await inFlight()) === 0);
  expect(count).toBeGreaterThan(5);
});
