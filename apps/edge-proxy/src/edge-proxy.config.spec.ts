import { expect, test } from 'vitest';
import { readEdgeProxyConfig } from './edge-proxy.config.js';

test('a lone edge is none of several, and has a name of its own', () => {
  const config = readEdgeProxyConfig({});
  expect(config).toMatchObject({ share: undefined, port: undefined, preStopMs: 5_000, shedsByLoad: true });
  expect(config.instance).toMatch(/^edge-proxy-[A-Za-z0-9-]+-\d+$/);
});

test("a worker knows its share and has its number behind the edge's name", () => {
  const config = readEdgeProxyConfig({ EDGE_PROXY_WORKER: '2/4', SLUICE_INSTANCE: 'edge-1' });
  expect(config).toMatchObject({ share: { index: 1, count: 4 }, instance: 'edge-1-w2' });
});

test.each([
  [undefined, 2],
  ['16', 8],
  ['1', 1],
  ['many', 2],
])('of %s threads libuv leaves lookups %s', (size, lookupThreads) => {
  expect(readEdgeProxyConfig({ UV_THREADPOOL_SIZE: size }).lookupThreads).toBe(lookupThreads);
});

test('NATS may have several addresses', () => {
  const url = 'nats://edge:pass-word@10.0.0.1:4222,nats://10.0.0.2:4222';
  expect(readEdgeProxyConfig({ NATS_URL: url }).natsUrl).toBe(url);
});

test('what is wrong is told by its name, all of it, and an address is never repeated', () => {
  const wrong = {
    NATS_URL: 'https://edge:pass-word@10.0.0.1',
    EDGE_PROXY_PRESTOP_MS: '-1',
    EDGE_PROXY_LOAD_SHEDDING: 'maybe',
  };
  let message = '';
  try {
    readEdgeProxyConfig(wrong);
  } catch (error) {
    message = String(error);
  }
  for (const variable of Object.keys(wrong)) expect(message).toContain(`${variable}: `);
  expect(message).not.toContain('pass-word');
});
