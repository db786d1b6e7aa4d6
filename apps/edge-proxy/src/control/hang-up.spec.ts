import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { HangUp } from './hang-up.js';

test('a SIGHUP during the start is acted on once, when the edge can', () => {
  const signals = new EventEmitter() as EventEmitter & Pick<NodeJS.Process, 'on'>;
  const hangUp = new HangUp(signals);
  signals.emit('SIGHUP');
  signals.emit('SIGHUP');
  let reloads = 0;
  hangUp.connect(() => (reloads += 1));
  expect(reloads).toBe(1);
  signals.emit('SIGHUP');
  expect(reloads).toBe(2);
});
