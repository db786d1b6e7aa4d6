// Ten times as many requests as an edge can serve: it serves what it can, as fast as ever, and tells the others at once.
import { expect, test } from 'vitest';
import type { LoadReport } from '../__fixtures__/load-client.js';
import { startScript } from '../__fixtures__/own-process.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';
import { verifyLoad } from './verify-load.config.js';

const PLACES = 8;
// Long beside what an edge takes for a request on a busy machine: measured is what the edge decides, not the machine.
const DELAY_MS = 320;
const CAPACITY_PER_SECOND = PLACES * (1_000 / DELAY_MS);

async function load(port: number, perSecond: number, seconds: number): Promise<LoadReport> {
  await using client = startScript('load-client', { port, key: KEY, perSecond, seconds });
  return (await client.next()) as LoadReport;
}
const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
const quantile = (values: readonly number[], part: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

test('ten times the capacity: goodput stays, admitted ones are as fast, the others are told at once', async () => {
  const { overloadSeconds: seconds } = verifyLoad;
  const isLong = seconds >= 10;
  await using provider = startScript('provider-process', { delayMs: DELAY_MS });
  const { port } = (await provider.next()) as { port: number };
  const sections = { server: { maxConcurrency: PLACES } };
  await using edge = await startTestEdge(
    modelOver([{ baseUrl: `http://127.0.0.1:${port}/v1` }], { sections }),
    {
      isAlone: true,
    },
  );
  await load(edge.port, CAPACITY_PER_SECOND / 2, 1);
  const calm = await load(edge.port, CAPACITY_PER_SECOND / 2, isLong ? 10 : 2);
  // Its peak: what it serves when there is always one more to serve, but not many.
  const peak = await load(edge.port, CAPACITY_PER_SECOND * 1.5, 3);
  const rssBefore = process.memoryUsage.rss();
  const eventsBefore = edge.sink.events.length;
  const flooded = await load(edge.port, CAPACITY_PER_SECOND * 10, seconds);
  const rssGrowth = process.memoryUsage.rss() - rssBefore;

  const told = edge.sink.events.slice(eventsBefore);
  const refused = told.filter(({ errorCode }) => errorCode === 'overloaded');
  const facts = {
    peakPerSecond: peak.servedMs.length / 3,
    goodputPerSecond: flooded.servedMs.length / seconds,
    calmP50: quantile(calm.servedMs, 0.5),
    calmP99: quantile(calm.servedMs, 0.99),
    admittedP50: quantile(flooded.servedMs, 0.5),
    admittedP99: quantile(flooded.servedMs, 0.99),
    refusedP50: quantile(flooded.refusedMs, 0.5),
    refusedP99: quantile(flooded.refusedMs, 0.99),
    // From receipt to the answer, as the edge itself measures it.
    refusedInsideP99: quantile(sorted(refused.map(({ timing }) => timing.totalMs)), 0.99),
    rssGrowthMb: rssGrowth / 1e6,
    statuses: flooded.statuses,
  };
  if (isLong) console.info(JSON.stringify(facts));
  expect(Object.keys(flooded.statuses).sort()).toEqual(['200', '503']);
  expect(flooded.withoutRetryAfter).toBe(0);
  expect(told).toHaveLength(flooded.servedMs.length + flooded.refusedMs.length);
  expect(refused).toHaveLength(flooded.refusedMs.length);
  expect(facts.refusedInsideP99).toBeLessThanOrEqual(20);
  expect(rssGrowth).toBeLessThan(200e6);
  // Three processes on a machine that the gate loads as well: in the gate only what holds there too.
  expect(facts.goodputPerSecond).toBeGreaterThanOrEqual(facts.peakPerSecond * (isLong ? 0.9 : 0.6));
  if (!isLong) return;
  expect(facts.admittedP99).toBeLessThanOrEqual(facts.calmP99 * 2);
  expect(facts.refusedP50).toBeLessThanOrEqual(20);
}, 180_000);
