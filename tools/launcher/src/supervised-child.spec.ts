import type { ServerExit } from '@sluice/private-services';
import { expect, test } from 'vitest';
import type { RunningChild } from './service-process.js';
import { SupervisedChild } from './supervised-child.js';

/** A child that ends when the test says so. */
class FakeProcess implements RunningChild {
  stopped = 0;
  readonly exited: Promise<ServerExit>;
  end: (exit: ServerExit) => void = () => undefined;

  constructor(readonly pid: number) {
    this.exited = new Promise((resolve) => (this.end = resolve));
  }

  stop(): Promise<void> {
    this.stopped += 1;
    this.end({ code: 0, signal: null });
    return Promise.resolve();
  }
}

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const FIRST_PID = 2 ** 30; // no process can have it

function supervise(fail: (attempt: number) => boolean = () => false) {
  const made: FakeProcess[] = [];
  let attempts = 0;
  const waiters: (() => void)[] = [];
  const pids: (number | undefined)[] = [];
  const waits: number[] = [];
  const child: SupervisedChild = new SupervisedChild({
    name: 'logger',
    log: quiet,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    onPid: () => pids.push(child.pid),
    start: (onSpawn) => {
      attempts += 1;
      if (fail(attempts)) return Promise.reject(new Error('no'));
      const one = new FakeProcess(FIRST_PID + made.length);
      made.push(one);
      onSpawn(one.pid);
      waiters.splice(0).forEach((wake) => wake());
      return Promise.resolve(one);
    },
  });
  const nextStart = (): Promise<void> => new Promise((resolve) => waiters.push(resolve));
  return { child, made, pids, waits, nextStart, attempts: () => attempts };
}

test('a child that ends is started again, and whoever listens learns the new pid at once', async () => {
  const { child, made, pids, nextStart } = supervise();
  await child.start();
  const again = nextStart();
  made[0]!.end({ code: null, signal: 'SIGKILL' });
  await again;
  expect(pids).toEqual([FIRST_PID, FIRST_PID + 1]);
  await child.stop(100);
  expect(made.map(({ stopped }) => stopped)).toEqual([0, 1]);
});

test('a restart that fails is tried again', async () => {
  const { child, made, waits, nextStart, attempts } = supervise((attempt) => attempt === 2);
  await child.start();
  const again = nextStart();
  made[0]!.end({ code: 1, signal: null });
  await again;
  expect(attempts()).toBe(3);
  expect(waits).toEqual([100, 200]);
  await child.stop(100);
});

test('nothing is started after a stop, also not when the child had just ended', async () => {
  const { child, made, attempts } = supervise();
  await child.start();
  made[0]!.end({ code: 1, signal: null });
  await child.stop(100);
  await new Promise((resolve) => setImmediate(resolve)); // all promises that could lead to a restart have run
  expect(attempts()).toBe(1);
});

test('the first start fails loudly', async () => {
  const { child, attempts } = supervise(() => true);
  await expect(child.start()).rejects.toThrow('no');
  expect(attempts()).toBe(1);
});
