import { EventEmitter } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from './create-logger.js';
import { type ServiceFrame, startServiceFrame } from './service-frame.js';
import type { ShutdownStep } from './shutdown.js';

const log = createLogger({ service: 'bread-baker', instance: 'baker-1', level: 'silent' });
const running: ServiceFrame[] = [];
afterEach(async () => {
  for (const frame of running.splice(0)) await stop(frame, []);
});

async function start(opsPort = 0): Promise<ServiceFrame> {
  const config = { logLevel: 'silent', opsHost: '127.0.0.1', opsPort, instance: undefined };
  const frame = await startServiceFrame({ service: 'bread-baker', config, instance: 'baker-1', log });
  running.push(frame);
  return frame;
}

/** Resolves with the exit codes. */
async function stop(frame: ServiceFrame, steps: readonly ShutdownStep[]): Promise<number[]> {
  const exits: number[] = [];
  const { stop: end } = frame.stopInOrder(steps, {
    exit: (code) => void exits.push(code),
    signals: new EventEmitter(),
  });
  await end('test');
  return exits;
}

const get = (frame: ServiceFrame, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${frame.opsPort}${path}`);

test('the ops port shows the health and the metrics of the service under its names', async () => {
  const frame = await start();
  frame.health.add('oven', () => ({ ok: true, required: true, detail: 'warm' }));
  frame.health.setServing(true);
  const ready = await get(frame, '/readyz');
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, instance: 'baker-1', dependencies: { oven: { ok: true, detail: 'warm' } } },
  ]);
  expect(await (await get(frame, '/metrics')).text()).toMatch(
    /process_resident_memory_bytes\{service="bread-baker"\} \d+/,
  );
});

test('a port that is in use is named together with the variable that moves it', async () => {
  const { opsPort } = await start();
  await expect(start(opsPort)).rejects.toThrow(new RegExp(`${opsPort}.*BREAD_BAKER_OPS_PORT`));
});

test('readiness ends before the steps, which run in order; the ops port answers until they are done', async () => {
  const frame = await start();
  frame.health.setServing(true);
  const seen: unknown[] = [];
  const look = (name: string): ShutdownStep => ({
    name,
    timeoutMs: 1_000,
    run: async () => seen.push([name, (await get(frame, '/readyz')).status]),
  });
  expect(await stop(frame, [look('first'), look('second')])).toEqual([0]);
  expect(seen).toEqual([
    ['first', 503],
    ['second', 503],
  ]);
  await expect(get(frame, '/healthz')).rejects.toThrow('fetch failed');
});
