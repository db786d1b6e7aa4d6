import { expect, test } from 'vitest';
import { loadHealth } from './load-health.js';

test('who turns every request away is named with the reason, and stays ready', () => {
  expect(loadHealth([{ name: 'worker 1', shutFor: null }])).toEqual({ ok: true });
  const some = loadHealth([
    { name: 'worker 1', shutFor: 'memory' },
    { name: 'worker 2', shutFor: null },
    { name: 'worker 3', shutFor: 'event_loop' },
  ]);
  expect(some).toEqual({
    ok: false,
    detail: 'every new request is turned away by worker 1 (memory), worker 3 (event_loop)',
  });
});
