// Starts that the system refuses; those that go well are the end-to-end suite's.
import { expect, test } from 'vitest';
import { forkWorker, type WorkerProcess } from './fork-worker.js';

/** As node finds it when its own program is gone, e.g. in the middle of an upgrade. */
function forkWithoutProgram(): WorkerProcess {
  const { execPath } = process;
  process.execPath = '/nonexistent/node';
  try {
    return forkWorker({});
  } finally {
    process.execPath = execPath;
  }
}

test('a worker that could not be started has ended, and says why', async () => {
  const worker = forkWithoutProgram();
  expect(worker.pid).toBe(0);
  expect(await worker.exited).toEqual({
    code: null,
    signal: null,
    failure: 'spawn /nonexistent/node ENOENT',
  });
});

test('a worker that never ran has ended when it is killed', async () => {
  const worker = forkWithoutProgram();
  worker.kill();
  expect(await worker.exited).toEqual({ code: null, signal: null, failure: 'it never ran' });
});

test('a start that is refused at once is an error of the call', () => {
  expect(() => forkWorker({ TOO_LONG: 'x'.repeat(3 << 20) })).toThrow('E2BIG');
});
