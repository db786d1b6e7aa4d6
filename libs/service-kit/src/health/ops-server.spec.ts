import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetricsRegistry } from '../prometheus/metrics-registry.js';
import { registerSecret } from '../secret-mask.js';
import { HealthRegistry } from './health-registry.js';
import { type OpsServer, startOpsServer } from './ops-server.js';

const open: (OpsServer | { close(): unknown })[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(health = new HealthRegistry(), port = 0) {
  const server = await startOpsServer({
    host: '127.0.0.1',
    port,
    health,
    metrics: createMetricsRegistry('logger', 'logger-host-1'),
    info: () => ({ configVersion: 'abc123' }),
    portVariable: 'LOGGER_OPS_PORT',
  });
  open.push(server);
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { server, get };
}

describe('ops server', () => {
  it('/healthz is 200 while the process lives, ready or not', async () => {
    const { get } = await start();
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(503);
  });

  it('/readyz turns 200 when serving and 503 when a required dependency is lost, and names it', async () => {
    const health = new HealthRegistry();
    const database = { ok: true, required: true, detail: 'connected' };
    health.add('database', () => database);
    health.add('redis', () => ({ ok: false, detail: 'away' }));
    health.setServing(true);
    const { get } = await start(health);
    const ready = await get('/readyz');
    expect([ready.status, await ready.json()]).toEqual([
      200,
      {
        ready: true,
        configVersion: 'abc123',
        dependencies: { database: { ok: true, detail: 'connected' }, redis: { ok: false, detail: 'away' } },
      },
    ]);
    Object.assign(database, { ok: false, detail: 'refused' });
    const lost = await get('/readyz');
    expect(lost.status).toBe(503);
    expect(await lost.json()).toMatchObject({
      ready: false,
      dependencies: { database: { detail: 'refused' } },
    });
  });

  it('a check that throws makes the service unready, and shows no secret', async () => {
    registerSecret('secret-in-a-check');
    const health = new HealthRegistry();
    health.setServing(true);
    health.add('database', () => {
      throw new Error('cannot reach secret-in-a-check');
    });
    const { get } = await start(health);
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('secret-in-a-check');
  });

  it('/metrics shows the process in the text format, labelled with the service', async () => {
    const { get } = await start();
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await answer.text();
    expect(text).toMatch(/process_resident_memory_bytes\{service="logger"\} \d+/);
    expect(text).toMatch(/nodejs_eventloop_lag_seconds\{quantile="0.99",service="logger"\} [\d.e-]+/);
  });

  it('other paths are 404, other methods 405', async () => {
    const { get } = await start();
    expect((await get('/')).status).toBe(404);
    const post = await get('/healthz', { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it("a page of the service's own that throws is a 500 without its secret, and the next one answers", async () => {
    registerSecret('secret-in-a-page');
    const server = await startOpsServer({
      host: '127.0.0.1',
      port: 0,
      portVariable: 'X',
      health: new HealthRegistry(),
      metrics: createMetricsRegistry('x', 'x-1'),
      info: () => ({}),
      ownPages: () => {
        throw new Error('broke on secret-in-a-page');
      },
    });
    open.push(server);
    const broken = await fetch(`http://127.0.0.1:${server.port}/own`);
    expect([broken.status, await broken.text()]).toEqual([500, expect.not.stringContaining('secret-in')]);
    expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
  });

  it('a busy port is an error that names the port and the variable that moves it', async () => {
    const busy = await listenSomewhere();
    open.push(busy.server);
    await expect(start(new HealthRegistry(), busy.port)).rejects.toThrow(
      `The ops port 127.0.0.1:${busy.port} is in use. Set LOGGER_OPS_PORT`,
    );
  });
});

function listenSomewhere(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 });
    });
  });
}
