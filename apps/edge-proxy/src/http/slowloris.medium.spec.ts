// Hundreds of clients that send next to nothing, or read nothing: the others are served as if they were not there.
import { expect, test } from 'vitest';
import {
  chunk,
  DONE,
  FINISH,
  ROLE,
  startFakeProvider,
  stream,
  completion,
} from '../__fixtures__/fake-provider.js';
import type { LoadReport } from '../__fixtures__/load-client.js';
import { startScript } from '../__fixtures__/own-process.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';
import { verifyLoad } from '../overload/verify-load.config.js';

const PER_SECOND = 40;
const quantile = (values: readonly number[], part: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

async function healthy(port: number, seconds: number): Promise<LoadReport> {
  await using client = startScript('load-client', { port, key: KEY, perSecond: PER_SECOND, seconds });
  return (await client.next()) as LoadReport;
}

test('slow headers, slow bodies and slow readers do not slow down the others', async () => {
  const { slowConnections: count, slowSeconds: seconds } = verifyLoad;
  const isLong = count >= 1_000;
  await using provider = await startFakeProvider();
  const words = Array.from({ length: 200 }, (_, index) => chunk({ content: `${index} `.repeat(50) }));
  const toStream = stream([ROLE, ...words, FINISH, DONE]);
  const plain = completion('Hi');
  provider.reply = (received) => (received.body.includes('"stream":true') ? toStream : plain)(received);
  await using edge = await startTestEdge(modelOver([provider]), { isAlone: true });
  await healthy(edge.port, 1);
  const before = await healthy(edge.port, seconds);
  await using attackers = startScript('slow-clients', {
    port: edge.port,
    // Another address than the others', which would else be held responsible for them.
    localAddress: '127.0.0.2',
    count,
    kinds: ['headers', 'headers', 'body', 'read'],
    key: KEY,
  });
  await attackers.next();
  const during = await healthy(edge.port, seconds);

  const facts = [before, during].map(({ servedMs, statuses }) => ({
    statuses,
    p50: quantile(servedMs, 0.5),
    p99: quantile(servedMs, 0.99),
  }));
  if (isLong) console.info(JSON.stringify({ count, facts }));
  expect(during.statuses).toEqual({ 200: PER_SECOND * seconds });
  const metrics = await edge.metrics.metrics();
  const connections = Number(/^sluice_edge_connections\S* (\d+)$/m.exec(metrics)?.[1]);
  expect(connections).toBeGreaterThan(count * 0.5);
  const [calm, attacked] = facts;
  // A fifth more, or a few milliseconds where that is less: what the machine does by itself.
  const part = isLong ? 0.99 : 0.5;
  const [was, is] = [quantile(before.servedMs, part), quantile(during.servedMs, part)];
  expect(is, `was ${JSON.stringify(calm)}, is ${JSON.stringify(attacked)}`).toBeLessThanOrEqual(
    Math.max(was * 1.2, was + 15),
  );
}, 300_000);
