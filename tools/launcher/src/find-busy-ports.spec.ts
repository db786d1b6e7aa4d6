import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '@sluice/private-services';
import { expect, test } from 'vitest';
import { findBusyPorts } from './find-busy-ports.js';

test('all busy ports are named at once, each with the variable that moves it', async () => {
  const holders = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')];
  await Promise.all(holders.map((holder) => once(holder, 'listening')));
  const [one, two] = holders.map((holder) => (holder.address() as { port: number }).port);
  const message = await findBusyPorts([
    { service: 'edge-proxy', port: one!, host: '0.0.0.0', variable: 'EDGE_PROXY_PORT' },
    { service: 'logger', port: await freePort(), host: '127.0.0.1', variable: 'LOGGER_OPS_PORT' },
    { service: 'demo-provider', port: two!, host: '127.0.0.1', variable: 'DEMO_PROVIDER_PORT' },
  ]);
  holders.forEach((holder) => holder.close());
  expect(message).toBe(
    'These ports are in use. Stop what uses them, or choose others:\n' +
      `  ${one!} for edge-proxy: set EDGE_PROXY_PORT\n  ${two!} for demo-provider: set DEMO_PROVIDER_PORT`,
  );
});

test('a port that two services were given is named with both', async () => {
  const port = await freePort();
  const message = await findBusyPorts([
    { service: 'edge-proxy-2', port, host: '0.0.0.0', variable: 'EDGE_PROXY_PORT' },
    { service: 'demo-provider', port, host: '127.0.0.1', variable: 'DEMO_PROVIDER_PORT' },
  ]);
  expect(message).toContain(`${port} is wanted by edge-proxy-2 (EDGE_PROXY_PORT) and demo-provider`);
});

test('free ports are no problem', async () => {
  const port = await freePort();
  expect(
    await findBusyPorts([{ service: 'logger', port, host: '127.0.0.1', variable: 'X' }]),
  ).toBeUndefined();
});
