// What every service of ours that consumes requests into Postgres survives; called in the spec of each of them.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { requestsOfSpool } from './request-events.js';
import type { ServiceProcess } from './service-process.js';
import type { TestBus } from './test-bus.js';
import type { TestServer } from './test-server.js';
import { waitFor, type WaitForOptions } from './wait-for.js';

/** A service between servers that are killed under it. Each test has servers of its own. */
export interface OutageBench {
  readonly nats: TestServer;
  readonly postgres: TestServer;
  readonly bus: TestBus;
  /** Another connection, to a NATS that was away. */
  reopenBus(): Promise<void>;
  /** Starts one more of the service. */
  start(): ServiceProcess;
  /** How many requests it has stored. */
  count(): Promise<number>;
  /** What it has noted of its spools. */
  progress(): Promise<unknown>;
  /** How long it may take until all is stored. */
  readonly catchUp: WaitForOptions;
}

/** Declares the tests. The bench is read when they run. */
export function testOutages(bench: OutageBench): void {
  describe('outages', () => {
    it('Postgres killed and started again under load: nothing is lost, nothing counts twice, and the log stays short', () =>
      losePostgres(bench));
    it('NATS killed and started again: the service reads on', () => loseNats(bench));
    it('started with neither there it says which variable and which address, waits, and works when they come', () =>
      startWithNeither(bench));
    it(
      'SIGTERM under load ends with 0 within its time, and the next one finishes the rest',
      () => stopUnderLoad(bench),
      90_000,
    );
    it(
      'SIGTERM while Postgres is away ends soon, and nothing is lost',
      () => stopWithoutPostgres(bench),
      90_000,
    );
  });
}

async function losePostgres(bench: OutageBench): Promise<void> {
  const { bus, postgres, catchUp } = bench;
  const service = bench.start();
  await service.ready();
  const spoolId = randomUUID();
  await bus.publish(requestsOfSpool(300, spoolId), 10);
  await waitFor(async () => (await bench.count()) > 0, catchUp);
  await postgres.kill();
  await bus.publish(requestsOfSpool(300, spoolId, 301), 10);
  await waitFor(async () => (await service.get('/readyz')).status === 503, catchUp);
  const { body } = await service.get('/readyz');
  expect(body).toContain('DATABASE_URL');
  expect(body).toContain(new URL(postgres.url).host);
  await postgres.restart();
  await allSettled(bench);
  expect(await bench.count()).toBe(600);
  expect(await bench.progress()).toEqual([{ spoolId, applied: '{[1,601)}', dead: '{}' }]);
  expect(service.lines.filter((line) => line.level === 'error')).toEqual([]);
  expect(service.lines.length).toBeLessThan(30);
}

async function loseNats(bench: OutageBench): Promise<void> {
  const service = bench.start();
  await service.ready();
  await bench.nats.kill();
  await waitFor(async () => (await service.get('/readyz')).status === 503, bench.catchUp);
  await bench.nats.restart();
  await storeAnew(bench, 50);
  await service.ready();
}

async function startWithNeither(bench: OutageBench): Promise<void> {
  const { nats, postgres, catchUp } = bench;
  await Promise.all([nats.halt(), postgres.halt()]);
  const service = bench.start();
  const { status, body } = await service.get('/readyz');
  expect(status).toBe(503);
  expect(body).toContain(new URL(nats.url).host);
  await waitFor(() => /DATABASE_URL/.test(service.text) && /NATS_URL/.test(service.text), catchUp);
  expect((await service.get('/healthz')).status).toBe(200);
  await Promise.all([nats.restart(), postgres.restart()]);
  await service.ready();
  await storeAnew(bench, 10);
}

async function stopUnderLoad(bench: OutageBench): Promise<void> {
  const spoolId = randomUUID();
  const service = bench.start();
  await service.ready();
  const publishing = bench.bus.publish(requestsOfSpool(2_000, spoolId), 4);
  await waitFor(async () => (await bench.count()) > 100, bench.catchUp);
  expect(await service.end('SIGTERM')).toEqual([0, null]);
  await publishing;
  bench.start();
  await allSettled(bench);
  expect(await bench.count()).toBe(2_000);
  expect(await bench.progress()).toEqual([{ spoolId, applied: '{[1,2001)}', dead: '{}' }]);
}

async function stopWithoutPostgres(bench: OutageBench): Promise<void> {
  const service = bench.start();
  await service.ready();
  await bench.postgres.kill();
  await bench.bus.publish(requestsOfSpool(20));
  await waitFor(() => service.lines.some((line) => line.msg.includes('DATABASE_URL')), bench.catchUp);
  expect(await service.end('SIGTERM'), service.text).toEqual([0, null]);
  await bench.postgres.restart();
  bench.start();
  await waitFor(async () => (await bench.count()) === 20, bench.catchUp);
}

const allSettled = (bench: OutageBench): Promise<boolean> =>
  waitFor(async () => (await bench.bus.countUnsettled()) === 0, bench.catchUp);

/** Over a new connection; all that is stored then is these. */
async function storeAnew(bench: OutageBench, requests: number): Promise<void> {
  await bench.reopenBus();
  await bench.bus.publish(requestsOfSpool(requests));
  await waitFor(async () => (await bench.count()) === requests, bench.catchUp);
}
