import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@sluice/private-services';
import { afterEach, expect, test } from 'vitest';
import { checkHealth } from './check-health.js';

let server: Server | undefined;
afterEach(() => server?.closeAllConnections());
afterEach(() => server?.close());

async function answering(status: number | 'never'): Promise<number> {
  server = createServer((request, response) => {
    if (status === 'never') return;
    response.writeHead(request.url === '/readyz' ? status : 404).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('only a service that says it is ready is healthy', async () => {
  expect(await checkHealth(await answering(200))).toBe(true);
  expect(await checkHealth(await answering(503))).toBe(false);
  expect(await checkHealth(await freePort())).toBe(false);
});

test('a service that does not answer is not healthy, and the check does not hang', async () => {
  const startedMs = performance.now();
  expect(await checkHealth(await answering('never'))).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(4_000);
});
