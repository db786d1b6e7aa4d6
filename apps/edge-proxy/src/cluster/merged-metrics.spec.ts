import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { beforeEach, expect, test } from 'vitest';
import { MergedMetrics, snapshotOf, type WorkerMetrics } from './merged-metrics.js';

/** The registry of one process. */
class ProcessMetrics {
  readonly registry = new Registry();
  readonly requests = new Counter({
    name: 'requests_total',
    help: 'h',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly took = new Histogram({
    name: 'took_seconds',
    help: 'h',
    buckets: [1],
    registers: [this.registry],
  });
  readonly inFlight = new Gauge({ name: 'in_flight', help: 'h', registers: [this.registry] });
  readonly memory = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'h',
    registers: [this.registry],
  });

  constructor() {
    this.registry.setDefaultLabels({ service: 'edge-proxy' });
  }
}

let own: ProcessMetrics;
let running: Map<number, ProcessMetrics>;
let merged: MergedMetrics;

/** Settled when the slowest worker has answered. */
let slowest: Promise<void>;

beforeEach(() => {
  slowest = Promise.resolve();
  own = new ProcessMetrics();
  running = new Map([1, 2].map((number) => [number, new ProcessMetrics()]));
  merged = new MergedMetrics({
    own: own.registry,
    ask: async () => {
      const answers = await Promise.all(
        [...running].map(async ([worker, { registry }]): Promise<WorkerMetrics> => {
          // As it comes out of the pipe.
          return { worker, metrics: structuredClone(await snapshotOf(registry)) };
        }),
      );
      await slowest;
      return answers;
    },
  });
});

const lines = async (): Promise<string[]> =>
  (await merged.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const worker = (number: number): ProcessMetrics => running.get(number)!;

test('counters and histograms are summed by their labels', async () => {
  worker(1).requests.inc({ outcome: 'succeeded' }, 3);
  worker(2).requests.inc({ outcome: 'succeeded' }, 4);
  worker(2).requests.inc({ outcome: 'failed' });
  worker(1).took.observe(0.5);
  worker(2).took.observe(2);
  const shown = await lines();
  expect(shown).toEqual(
    expect.arrayContaining([
      'requests_total{outcome="succeeded",service="edge-proxy"} 7',
      'requests_total{outcome="failed",service="edge-proxy"} 1',
      'took_seconds_bucket{le="1",service="edge-proxy"} 1',
      'took_seconds_bucket{le="+Inf",service="edge-proxy"} 2',
      'took_seconds_sum{service="edge-proxy"} 2.5',
      'took_seconds_count{service="edge-proxy"} 2',
    ]),
  );
});

test('what is about one process is shown for each, the primary included', async () => {
  own.memory.set(10);
  worker(1).memory.set(20);
  worker(2).memory.set(30);
  const memory = (await lines()).filter((line) => line.startsWith('process_resident'));
  expect(memory.sort()).toEqual([
    'process_resident_memory_bytes{service="edge-proxy",worker="1"} 20',
    'process_resident_memory_bytes{service="edge-proxy",worker="2"} 30',
    'process_resident_memory_bytes{service="edge-proxy",worker="primary"} 10',
  ]);
});

test('a worker that ends takes its gauges along, and what it had counted stays', async () => {
  for (const number of [1, 2]) {
    worker(number).requests.inc({ outcome: 'succeeded' }, 5);
    worker(number).took.observe(0.5);
    worker(number).inFlight.set(3);
  }
  expect(await lines()).toContain('in_flight{service="edge-proxy"} 6');
  running.delete(1);
  running.delete(2);
  // Both at a time: neither may push the other out.
  await Promise.all([merged.keep(1), merged.keep(2)]);
  running.set(1, new ProcessMetrics());
  worker(1).requests.inc({ outcome: 'succeeded' }, 1);
  const shown = await lines();
  expect(shown).toContain('requests_total{outcome="succeeded",service="edge-proxy"} 11');
  expect(shown).toContain('took_seconds_count{service="edge-proxy"} 2');
  expect(shown).toContain('in_flight{service="edge-proxy"} 0');
});

test('a worker that does not answer in time is shown as it was, so that no sum falls', async () => {
  worker(1).requests.inc({ outcome: 'succeeded' }, 5);
  worker(2).requests.inc({ outcome: 'succeeded' }, 6);
  await lines();
  running.delete(2);
  expect(await lines()).toContain('requests_total{outcome="succeeded",service="edge-proxy"} 11');
});

test('a worker that ends while a scrape waits for another is counted once: a sum never falls', async () => {
  const sum = async (): Promise<number> =>
    Number(/requests_total\{[^}]*\} (\d+)/.exec((await lines()).join('\n'))?.[1]);
  worker(1).requests.inc({ outcome: 'succeeded' }, 100);
  const seen = [await sum()];
  let answer = (): void => undefined;
  slowest = new Promise((resolve) => (answer = resolve));
  const scrape = sum();
  running.delete(1);
  await merged.keep(1);
  answer();
  seen.push(await scrape);
  running.set(1, new ProcessMetrics());
  worker(1).requests.inc({ outcome: 'succeeded' }, 1);
  seen.push(await sum());
  expect(seen).toEqual([100, 100, 101]);
});
