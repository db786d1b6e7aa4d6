// The edge's own process stands still again and again: it turns a part of its requests away, its ops pages stay alive,
// and no provider is blamed for what the edge did.
import { createMetricsRegistry, HealthRegistry, startOpsServer } from '@sluice/service-kit';
import { expect, test } from 'vitest';
import type { LoadReport } from '../__fixtures__/load-client.js';
import { startScript } from '../__fixtures__/own-process.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';
import { verifyLoad } from './verify-load.config.js';

const BLOCK_MS = 300;
const PAUSE_MS = 100;
/** Shorter than a block: whoever forgets his own stall calls the provider dead. */
const FIRST_TOKEN = '250ms';

/** Blocks this process's event loop for a part of the time until it is told to stop. */
function blockAgainAndAgain(): () => void {
  const timer = setInterval(() => {
    const untilMs = performance.now() + BLOCK_MS;
    while (performance.now() < untilMs);
  }, BLOCK_MS + PAUSE_MS);
  return () => clearInterval(timer);
}

test('a blocked event loop sheds before the health check dies, and no breaker opens for it', async () => {
  const { blockSeconds: seconds } = verifyLoad;
  await using provider = startScript('provider-process', { delayMs: 10 });
  const { port } = (await provider.next()) as { port: number };
  await using edge = await startTestEdge(
    modelOver([{ baseUrl: `http://127.0.0.1:${port}/v1` }], {
      model: { timeouts: { firstToken: FIRST_TOKEN } },
      sections: { retry: { maxAttempts: 1 } },
    }),
    { isAlone: true },
  );
  const ops = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    portVariable: 'EDGE_PROXY_OPS_PORT',
    health: new HealthRegistry(),
    metrics: createMetricsRegistry('edge-proxy', 'edge-test'),
    info: () => ({}),
  });
  const probe = { port: ops.port, path: '/healthz' };
  const stop = blockAgainAndAgain();
  await using client = startScript('load-client', {
    port: edge.port,
    key: KEY,
    perSecond: 40,
    seconds,
    probe,
  });
  const report = (await client.next()) as LoadReport;
  stop();
  await ops.close();

  const shed = edge.sink.events.filter(({ errorCode }) => errorCode === 'overloaded');
  const metrics = await edge.metrics.metrics();
  const blocks = Number(/^sluice_edge_event_loop_block_seconds_count\S* (\d+)$/m.exec(metrics)?.[1]);
  const isLong = seconds >= 10;
  const middleProbeMs = report.probeMs[report.probeMs.length >> 1] ?? NaN;
  if (isLong) console.info(JSON.stringify({ ...report.statuses, middleProbeMs, blocks }));
  // Nothing but answers and refusals of our own: no 502, no 504, no broken connection.
  expect(Object.keys(report.statuses).sort()).toEqual(['200', '503']);
  expect(report.withoutRetryAfter).toBe(0);
  expect(shed.length).toBe(report.refusedMs.length);
  expect(edge.edge.health.report().filter(({ state }) => state !== 'closed')).toEqual([]);
  expect(blocks).toBeGreaterThan(3);
  expect(metrics).toMatch(/sluice_edge_shed_total\{[^}]*reason="event_loop"[^}]*\} \d+/);
  expect(report.probeMs.length).toBeGreaterThan(3);
  expect(report.probeMs[0]).toBeGreaterThan(0);
  // A usual health check waits for a second; in the gate the machine itself may take longer.
  if (isLong) expect(middleProbeMs).toBeLessThan(1_000);
  // It lets everything in again soon after.
  await expect
    .poll(
      async () => {
        await using later = startScript('load-client', {
          port: edge.port,
          key: KEY,
          perSecond: 10,
          seconds: 1,
        });
        return ((await later.next()) as LoadReport).statuses;
      },
      { timeout: 10_000 },
    )
    .toEqual({ 200: 10 });
}, 180_000);
