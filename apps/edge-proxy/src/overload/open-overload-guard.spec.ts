import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { MergedMetrics, snapshotOf } from '../cluster/merged-metrics.js';
import { openOverloadGuard } from './open-overload-guard.js';

test('the load of an edge is that of its worst worker, not the sum of all', async () => {
  const workers = [0, 1, 2].map((index) => {
    const registry = new Registry();
    const { load } = openOverloadGuard({ registry, share: { index, count: 3 }, warn: () => undefined });
    load.sample();
    return { registry, load, worker: index + 1 };
  });
  const merged = new MergedMetrics({
    own: new Registry(),
    ask: () =>
      Promise.all(
        workers.map(async ({ registry, worker }) => ({ worker, metrics: await snapshotOf(registry) })),
      ),
  });
  const text = await merged.metrics();
  const shown = (name: string): number => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  const worst = Math.max(...workers.map(({ load }) => load.memoryUse));
  expect(worst).toBeGreaterThan(0);
  expect(shown('sluice_edge_memory_use_ratio')).toBe(worst);
  const delayMs = Math.max(...workers.map(({ load }) => load.delayMs));
  expect(shown('sluice_edge_event_loop_delay_seconds')).toBe(delayMs / 1000);
});
