// The health check of the containers, infra/docker/is-ready.sh.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { freePort } from '@sluice/private-services';
import { afterEach, expect, test } from 'vitest';

const SCRIPT = join(resolve(import.meta.dirname, '../../..'), 'infra/docker/is-ready.sh');
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answering(status: number | 'never'): Promise<number> {
  server = createServer((request, response) => {
    if (status === 'never') return;
    response.writeHead(request.url === '/readyz' ? status : 404).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const isHealthy = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    execFile('bash', [SCRIPT, String(port)], { timeout: 20_000 }, (error) => settle(error === null));
  });

test('only a service that says it is ready is healthy', async () => {
  expect(await isHealthy(await answering(200))).toBe(true);
  server?.close();
  expect(await isHealthy(await answering(503))).toBe(false);
  expect(await isHealthy(await freePort())).toBe(false);
});

test('a service that does not answer is not healthy, and the check ends by itself', async () => {
  const startedMs = performance.now();
  expect(await isHealthy(await answering('never'))).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
});
