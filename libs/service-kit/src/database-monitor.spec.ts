import { createLogger } from './create-logger.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseMonitor } from './database-monitor.js';

const never = new AbortController().signal;

function setUp() {
  const lines: string[] = [];
  const state = { problem: undefined as string | Error | undefined, probes: 0 };
  const monitor = new DatabaseMonitor({
    address: 'postgres://db:5432/sluice',
    log: createLogger({
      service: 'logger',
      instance: 'l-1',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    }),
    probe: () => {
      state.probes += 1;
      return state.problem instanceof Error ? Promise.reject(state.problem) : Promise.resolve(state.problem);
    },
  });
  return { monitor, lines, state };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('DatabaseMonitor', () => {
  it('while the database is away it is tried once a second, and told once', async () => {
    const { monitor, lines, state } = setUp();
    state.problem = new Error('connect ECONNREFUSED');
    monitor.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.probes).toBeGreaterThan(55);
    expect(state.probes).toBeLessThanOrEqual(61);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/postgres:\/\/db:5432\/sluice \(DATABASE_URL\).*ECONNREFUSED/);
    monitor.stop();
  });

  it('who waits goes on when the database is back, and not before', async () => {
    const { monitor, state } = setUp();
    state.problem = 'it has no request_log: run the migrations';
    monitor.start();
    let resumed = false;
    const waiting = monitor.whenWell(never).then(() => (resumed = true));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(resumed).toBe(false);
    expect(monitor.check()).toMatchObject({
      ok: false,
      required: true,
      detail: expect.stringMatching(/migrations/) as unknown,
    });
    state.problem = undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
    expect(monitor.check().ok).toBe(true);
    monitor.stop();
  });

  it('a database that answers but takes no write is tried more and more rarely', async () => {
    const { monitor } = setUp();
    monitor.start();
    await vi.advanceTimersByTimeAsync(0);
    let writes = 0;
    const writing = (async () => {
      const end = Date.now() + 120_000;
      while (Date.now() < end) {
        await monitor.whenWell(never);
        writes += 1;
        monitor.reportFailure(new Error('no space left on device'));
      }
    })();
    await vi.advanceTimersByTimeAsync(180_000);
    await writing;
    expect(writes).toBeLessThan(12);
    monitor.stop();
  });

  it('eight queries that fail together are one failure: the database is tried again after a second', async () => {
    const { monitor, lines, state } = setUp();
    monitor.start();
    await vi.advanceTimersByTimeAsync(0);
    for (let query = 0; query < 8; query += 1) {
      monitor.reportFailure(new Error(query === 0 ? 'terminated by administrator' : 'Connection terminated'));
    }
    expect([monitor.check().ok, state.probes]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([monitor.check().ok, state.probes]).toEqual([true, 2]);
    // Well, away, well.
    expect(lines).toHaveLength(3);
    monitor.stop();
  });

  it('a stop ends the wait', async () => {
    const { monitor, state } = setUp();
    state.problem = 'away';
    monitor.start();
    const stopping = new AbortController();
    const waiting = expect(monitor.whenWell(stopping.signal)).rejects.toThrow('stopping');
    stopping.abort(new Error('stopping'));
    await waiting;
    await expect(monitor.whenWell(stopping.signal)).rejects.toThrow('stopping');
    monitor.stop();
  });
});
