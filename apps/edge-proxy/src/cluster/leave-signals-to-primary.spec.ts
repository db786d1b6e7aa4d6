import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { leaveSignalsToPrimary } from './leave-signals-to-primary.js';

test('only a worker is deaf to the signals of its group', () => {
  const heardBy = (env: NodeJS.ProcessEnv): (string | symbol)[] => {
    const signals = new EventEmitter();
    leaveSignalsToPrimary(env, signals);
    return signals.eventNames();
  };
  expect(heardBy({ EDGE_PROXY_WORKER: '1/2' })).toEqual(['SIGTERM', 'SIGINT', 'SIGHUP']);
  expect(heardBy({})).toEqual([]);
});
