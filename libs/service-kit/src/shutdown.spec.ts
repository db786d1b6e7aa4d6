import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { installProcessGuards } from './process-guards.js';
import { onShutdown, type ShutdownStep } from './shutdown.js';

const log = pino({ level: 'silent' });

function setUp(steps: readonly ShutdownStep[], totalTimeoutMs = 5_000) {
  const signals = new EventEmitter();
  const exits: number[] = [];
  let ended: (code: number) => void;
  const end = new Promise<number>((resolve) => (ended = resolve));
  const exit = (code: number): void => {
    exits.push(code);
    ended(code);
  };
  const shutdown = onShutdown({ log, steps, signals, exit, totalTimeoutMs });
  return { signals, exits, end, shutdown };
}

const step = (name: string, run: () => unknown, timeoutMs = 1_000): ShutdownStep => ({
  name,
  run,
  timeoutMs,
});

describe('onShutdown', () => {
  it.each(['SIGTERM', 'SIGINT'])('%s runs the steps once, in order, and ends with 0', async (signal) => {
    const ran: string[] = [];
    const { signals, end, exits } = setUp([
      step('first', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        ran.push('first');
      }),
      step('second', () => ran.push('second')),
    ]);
    signals.emit(signal);
    signals.emit(signal);
    signals.emit('SIGTERM');
    expect(await end).toBe(0);
    expect(ran).toEqual(['first', 'second']);
    expect(exits).toEqual([0]);
  });

  it('a step that fails or hangs does not keep the later steps from running, and the exit code is 1', async () => {
    const ran: string[] = [];
    const { signals, end } = setUp([
      step('fails', () => Promise.reject(new Error('no'))),
      step('hangs', () => new Promise(() => undefined), 10),
      step('last', () => ran.push('last')),
    ]);
    signals.emit('SIGTERM');
    expect(await end).toBe(1);
    expect(ran).toEqual(['last']);
  });

  it('at the total limit the process ends although a step still runs', async () => {
    const { signals, end } = setUp([step('hangs', () => new Promise(() => undefined), 60_000)], 10);
    signals.emit('SIGTERM');
    expect(await end).toBe(1);
  });

  it('the abort signal tells the rest of the service that the stop has begun', async () => {
    const { signals, end, shutdown } = setUp([]);
    expect(shutdown.signal.aborted).toBe(false);
    signals.emit('SIGINT');
    expect(shutdown.signal.aborted).toBe(true);
    await end;
  });
});

describe('installProcessGuards', () => {
  it.each(['uncaughtException', 'unhandledRejection'])(
    '%s stops in order, with exit code 1',
    async (event) => {
      const source = new EventEmitter();
      const ran: string[] = [];
      const { shutdown, end } = setUp([step('flush', () => ran.push('flush'))]);
      installProcessGuards({ log, stop: shutdown.stop, source });
      source.emit(event, new Error('nobody caught me'));
      expect(await end).toBe(1);
      expect(ran).toEqual(['flush']);
    },
  );
});
