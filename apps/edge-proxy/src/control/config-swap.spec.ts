// A new config under a whole edge: who keeps the old one, and what becomes of connections.
import { waitFor } from '@sluice/testing';
import { expect, test } from 'vitest';
import { completion, type FakeProvider, startFakeProvider } from '../__fixtures__/fake-provider.js';
import { call, chatBody } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { makeTestGeneration } from '../__fixtures__/test-generation.js';

/** The model `m` over these providers, in this order. */
const configOver = (providers: Readonly<Record<string, FakeProvider>>, more: object = {}): object => ({
  providers: Object.fromEntries(
    Object.entries(providers).map(([name, { baseUrl }]) => [
      name,
      { type: 'openai-compatible', baseUrl, apiKey: 'provider-secret-0123', allowPrivateNetwork: true },
    ]),
  ),
  models: {
    m: { routes: Object.keys(providers).map((provider) => ({ provider, model: `of-${provider}` })) },
  },
  ...more,
});

const ask = (edge: TestEdge) => call(edge.port, { body: chatBody() });

/** A promise and its end. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

test('a request under way goes on under the config it began with, its next routes included; new ones get the new', async () => {
  await using first = await startFakeProvider();
  await using second = await startFakeProvider(completion('from the second'));
  await using third = await startFakeProvider(completion('from the third'));
  await using edge = await startTestEdge(configOver({ first, second }));
  const held = gate();
  first.reply = (received) =>
    void held.opened.then(() => {
      received.response.writeHead(503, { 'content-type': 'application/json' });
      received.response.end('{"error":{"message":"no","type":"server_error"}}');
    });
  const underWay = ask(edge);
  await waitFor(() => first.calls.length === 1);
  edge.edge.use(await makeTestGeneration(configOver({ third })));
  expect((await ask(edge)).text).toContain('from the third');
  held.open();
  const answer = await underWay;
  expect([answer.status, answer.text.includes('from the second')]).toEqual([200, true]);
  const versions = edge.sink.events.map(({ provider, configVersion }) => [provider, configVersion]);
  expect(versions.map(([provider]) => provider)).toEqual(['third', 'second']);
  expect(versions[0]?.[1]).not.toBe(versions[1]?.[1]);
});

test('connections to a provider that is gone are closed: idle ones at once, busy ones after their call', async () => {
  await using gone = await startFakeProvider();
  await using kept = await startFakeProvider();
  await using edge = await startTestEdge(configOver({ gone, kept }));
  await ask(edge);
  const held = gate();
  gone.reply = (received) => void held.opened.then(() => completion('late')(received));
  const busy = ask(edge);
  await waitFor(() => gone.calls.length === 2);
  // A second connection, idle by now.
  gone.reply = completion('at once');
  await ask(edge);
  const idle = gone.calls[2]!;
  expect(idle.socket).not.toBe(gone.calls[1]!.socket);
  expect(idle.closedMs).toBeNull();

  edge.edge.use(await makeTestGeneration(configOver({ kept })));
  await waitFor(() => idle.closedMs !== null, { timeoutMs: 2_000, message: 'the idle one is open' });
  expect(gone.calls[1]!.closedMs).toBeNull();
  held.open();
  expect((await busy).text).toContain('late');
  await waitFor(() => gone.calls[1]!.closedMs !== null, {
    timeoutMs: 2_000,
    message: 'the busy one is open',
  });
});

test('connections to a provider that stays are kept, whatever else changes', async () => {
  await using provider = await startFakeProvider();
  await using edge = await startTestEdge(configOver({ provider }));
  await ask(edge);
  edge.edge.use(await makeTestGeneration(configOver({ provider }, { timeouts: { idle: '7s' } })));
  await ask(edge);
  expect([provider.calls.length, provider.connections]).toEqual([2, 1]);
});

test('a key that is gone from the config is refused from the swap on', async () => {
  await using provider = await startFakeProvider();
  await using edge = await startTestEdge(configOver({ provider }));
  expect((await ask(edge)).status).toBe(200);
  const keys = [{ name: 'other', key: 'sk-test-another-key-0123456789' }];
  edge.edge.use(await makeTestGeneration(configOver({ provider }, { keys })));
  expect((await ask(edge)).status).toBe(401);
});

test('an open breaker stays open over a reload, and is closed for a provider with another credential', async () => {
  await using provider = await startFakeProvider((received) => {
    received.response.writeHead(503).end();
  });
  const breaker = { circuitBreaker: { consecutiveFailures: 2 }, retry: { maxAttempts: 1 } };
  const config = configOver({ provider }, breaker);
  await using edge = await startTestEdge(config);
  // Some are let through as probes of the least bad route.
  for (let tries = 0; !(await ask(edge)).text.includes('no_healthy_route'); tries += 1) {
    if (tries === 10) throw new Error('the breaker does not open');
  }
  const calls = provider.calls.length;
  edge.edge.use(await makeTestGeneration({ ...config, timeouts: { idle: '7s' } }));
  expect((await ask(edge)).text).toContain('no_healthy_route');
  expect(provider.calls.length).toBe(calls);
  provider.reply = completion('healed');
  const renewed = JSON.parse(
    JSON.stringify(config).replace('provider-secret-0123', 'provider-secret-4567'),
  ) as object;
  edge.edge.use(await makeTestGeneration(renewed));
  expect((await ask(edge)).text).toContain('healed');
});
