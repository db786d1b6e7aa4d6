import { Registry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import { MergedMetrics, snapshotOf } from '../cluster/merged-metrics.js';
import { openOverloadGuard } from './open-overload-guard.js';

test('the load of an edge is that of its worst worker, not the sum of all', async () => {
  const workers = [0, 1, 2].map((index) => {
    const registry = new Registry();
    const { load } = openOverloadGuard({
      registry,
      share: { index, count: 3 },
      log: { warn: () => undefined },
    });
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

test('too many workers for the memory are warned of at the start, once', () => {
  const memory = vi.spyOn(process, 'constrainedMemory').mockReturnValue(512 * 1024 * 1024);
  const warnings: unknown[] = [];
  const openAll = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const warn = (facts: object, message: string): number => warnings.push({ ...facts, message });
      openOverloadGuard({ registry: new Registry(), share: { index, count }, log: { warn } });
    }
  };
  openAll(2);
  expect(warnings).toEqual([]);
  openAll(4);
  memory.mockRestore();
  expect(warnings).toEqual([
    {
      workers: 4,
      megabytesEach: 128,
      message: 'a worker has less than 256 MB of memory: lower server.workers or raise the memory limit',
    },
  ]);
});
