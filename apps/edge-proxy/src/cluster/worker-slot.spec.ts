// A slot over real child processes that speak over a real pipe.
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir, waitFor } from '@sluice/testing';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WorkerProcess } from './fork-worker.js';
import { WorkerChannel } from './worker-channel.js';
import { WorkerSlot, type WorkerSlotOptions } from './worker-slot.js';

let dir: TempDir;
let slot: WorkerSlot | undefined;
const pids: number[] = [];

beforeEach(async () => {
  dir = await tempDir();
  pids.length = 0;
});
afterEach(async () => {
  await slot?.stop(true, 0);
  await dir.remove();
});

const READY = `process.send({ sluice: 'tell', kind: 'ready', payload: { port: 1, edition: 0 } });`;
const STAY = `setInterval(() => {}, 1000);`;
const ON_STOP = `process.on('message', (m) => { if (m.kind === 'stop') process.exit(m.payload.isHurried ? 3 : 0); });`;

function startWorker(script: string): WorkerProcess {
  const file = join(dir.path, 'worker.mjs');
  writeFileSync(file, script);
  const child = fork(file, { stdio: 'ignore' });
  pids.push(child.pid ?? 0);
  return {
    pid: child.pid ?? 0,
    exited: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
    kill: () => child.kill('SIGKILL'),
    channel: new WorkerChannel({
      send: (message) => {
        if (child.connected) child.send(message);
      },
      onMessage: (listener) => void child.on('message', listener),
      onClose: (listener) => void child.once('disconnect', listener),
    }),
  };
}

function makeSlot(script: string, more: Partial<WorkerSlotOptions> = {}): WorkerSlot {
  slot = new WorkerSlot({
    number: 1,
    fork: () => startWorker(script),
    isCurrent: () => true,
    log: pino({ level: 'silent' }),
    onServing: () => undefined,
    onFailedStart: () => undefined,
    onExit: () => undefined,
    ...more,
  });
  return slot;
}

const untilServing = (one: WorkerSlot): Promise<boolean> => waitFor(() => one.state.kind === 'serving');

test('a worker that is killed is replaced, and the wait doubles while none lasts', async () => {
  const one = makeSlot(READY + STAY);
  one.start();
  const delays: number[] = [];
  for (let death = 1; death <= 3; death += 1) {
    await untilServing(one);
    process.kill(pids.at(-1)!, 'SIGKILL');
    const { delayMs } = await waitFor(() => (one.state.kind === 'waiting' ? one.state : undefined));
    delays.push(delayMs);
  }
  expect(delays).toEqual([100, 200, 400]);
  await untilServing(one);
  expect(one.restarts).toBe(3);
  expect(new Set(pids).size).toBe(4);
});

test('a worker that ends before the first one ever served is not replaced: its own reason is told', async () => {
  const failed = `process.send({ sluice: 'tell', kind: 'failed', payload: { message: 'the port is in use' } }); process.disconnect();`;
  const told: string[] = [];
  makeSlot(failed, { onFailedStart: (message) => told.push(message) }).start();
  await waitFor(() => told.length > 0);
  expect(told).toEqual(['the port is in use']);
  makeSlot('process.exit(7);', { onFailedStart: (message) => told.push(message) }).start();
  await waitFor(() => told.length > 1);
  expect(told[1]).toBe('worker 1 ended (code 7) before it was ready');
  expect(pids).toHaveLength(2);
});

test('a worker that has made ready with an old config serves when it has taken the new one, and is not ended for it', async () => {
  const catchUp = `process.on('message', (m) => { if (m.kind === 'outdated') ${READY.replace('edition: 0', 'edition: 1')} });`;
  const asked: [number, string][] = [];
  const one: WorkerSlot = makeSlot(catchUp + READY + STAY, {
    isCurrent: (edition) => {
      asked.push([edition, one.state.kind]);
      return edition === 1;
    },
  });
  one.start();
  await untilServing(one);
  expect(asked).toEqual([
    [0, 'starting'],
    [1, 'starting'],
  ]);
  expect(pids).toHaveLength(1);
});

test('a stop lets the worker end in its order and says so; no other follows', async () => {
  const one = makeSlot(READY + STAY + ON_STOP);
  one.start();
  await untilServing(one);
  expect(await one.stop(false, 5_000)).toBe(true);
  expect(one.state.kind).toBe('ended');
  expect(pids).toHaveLength(1);
});

test('a worker that ends with a code other than 0, or not in time, did not stop well', async () => {
  const one = makeSlot(READY + STAY + ON_STOP);
  one.start();
  await untilServing(one);
  expect(await one.stop(true, 5_000)).toBe(false);
  const deaf = makeSlot(READY + STAY);
  deaf.start();
  await untilServing(deaf);
  expect(await deaf.stop(false, 100)).toBe(false);
});

test('a stop while the next worker is waited for starts none', async () => {
  const one = makeSlot(READY + STAY);
  one.start();
  await untilServing(one);
  process.kill(pids[0]!, 'SIGKILL');
  await waitFor(() => one.state.kind === 'waiting');
  expect(await one.stop(false, 5_000)).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 250)); // longer than the wait before a restart
  expect(pids).toHaveLength(1);
});

test('a worker that is silent for 30 looks is ended and replaced, one that tells of itself is not', async () => {
  const telling = `setInterval(() => process.send({ sluice: 'tell', kind: 'status', payload: {} }), 5);`;
  const lively = makeSlot(READY + telling);
  lively.start();
  await untilServing(lively);
  for (let look = 0; look < 60; look += 1) {
    const before = lively.status;
    await waitFor(() => lively.status !== before); // it has told of itself
    lively.check();
  }
  expect(lively.restarts).toBe(0);
  await lively.stop(true, 0);

  const silent = makeSlot(READY + STAY);
  silent.start();
  await untilServing(silent);
  for (let look = 0; look < 29; look += 1) silent.check();
  expect(silent.state.kind).toBe('serving');
  silent.check();
  await waitFor(() => silent.restarts === 1);
});

test('a stop ends a worker that was still starting, and that is well', async () => {
  const one = makeSlot(READY + STAY);
  one.start();
  await untilServing(one);
  process.kill(pids[0]!, 'SIGKILL');
  await waitFor(() => pids.length === 2);
  expect(one.state.kind).toBe('starting');
  expect(await one.stop(false, 5_000)).toBe(true);
});

test('a worker that the system refuses to start is tried again, longer apart each time, until it runs', async () => {
  let refusals = 2;
  const one = makeSlot('', {
    fork: () => {
      if (pids.length > 0 && refusals > 0) {
        refusals -= 1;
        throw new Error('spawn ENOMEM');
      }
      return startWorker(READY + STAY);
    },
  });
  one.start();
  await untilServing(one);
  process.kill(pids[0]!, 'SIGKILL');
  await waitFor(() => one.state.kind === 'waiting' && one.state.delayMs === 400);
  expect(one.worker).toBeUndefined();
  await untilServing(one);
  expect(pids).toHaveLength(2);
});

test('a first worker that the system refuses to start is the reason that the operator is told', () => {
  const told: string[] = [];
  makeSlot('', {
    fork: () => {
      throw new Error('spawn E2BIG');
    },
    onFailedStart: (message) => told.push(message),
  }).start();
  expect(told).toEqual(['worker 1 could not be started (spawn E2BIG)']);
});

test('a first worker that a signal to the whole group has ended is replaced: the start goes on', async () => {
  const told: string[] = [];
  const one = makeSlot('', {
    fork: () => startWorker(pids.length === 0 ? STAY : READY + STAY),
    onFailedStart: (message) => told.push(message),
  });
  one.start();
  process.kill(pids[0]!, 'SIGHUP');
  await untilServing(one);
  expect(told).toEqual([]);
  expect(pids).toHaveLength(2);
});

test('a worker that leaves by itself and does not come to an end is killed 5 s after its time', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let say: (message: object) => void = () => undefined;
    let kills = 0;
    const silent = new Promise<never>(() => undefined);
    const one = makeSlot('', {
      fork: () => ({
        pid: 1,
        exited: silent,
        kill: () => (kills += 1),
        channel: new WorkerChannel({
          send: () => undefined,
          onMessage: (listener) => (say = listener),
          onClose: () => undefined,
        }),
      }),
    });
    slot = undefined; // nothing to end
    one.start();
    say({ sluice: 'tell', kind: 'ready', payload: { port: 1, edition: 0 } });
    vi.advanceTimersByTime(60_000);
    expect([one.state.kind, kills]).toEqual(['serving', 0]);
    say({ sluice: 'tell', kind: 'leaving', payload: { withinMs: 20_000 } });
    vi.advanceTimersByTime(24_999);
    expect([one.state.kind, kills]).toEqual(['leaving', 0]);
    vi.advanceTimersByTime(1);
    expect(kills).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
