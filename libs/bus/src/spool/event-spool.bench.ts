// What one request costs: intent + outcome, at about 1 KB each, on the request path. Run it with
//   node --expose-gc --import ./libs/bus/src/__fixtures__/run-sources.mjs libs/bus/src/spool/event-spool.bench.ts
// It prints CPU and wall time for each request; the goal is at most 10 µs of CPU on the calling thread.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventSpool } from './event-spool.js';
import type { SpooledEvent } from './spool-folder.js';

const ROUNDS = 12;
const REQUESTS = 5_000;
const quiet = (): void => undefined;
const rootDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const spool = EventSpool.open({
  rootDir,
  recoverIntent: () => ({ subject: '', eventJson: '' }),
  log: { info: quiet, warn: quiet, error: quiet },
});
const pad = 'x'.repeat(900);
const acked: SpooledEvent[] = [];
const latencies = new Float64Array(REQUESTS);

function round(): { cpuMicros: number; wallMicros: number } {
  // The texts are the caller's work.
  const ids = Array.from(
    { length: REQUESTS },
    (_, n) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  );
  const intents = ids.map((eventId) => JSON.stringify({ eventId, pad }));
  const outcomes = ids.map((eventId) => JSON.stringify({ eventId, outcome: 'succeeded', pad }));
  const cpu = process.threadCpuUsage();
  const startedMs = performance.now();
  for (let n = 0; n < REQUESTS; n += 1) {
    const eventId = ids[n] ?? '';
    const outcome = outcomes[n] ?? '';
    const beginMs = performance.now();
    spool.appendIntent(eventId, intents[n] ?? '');
    spool.appendRequestEvent(eventId, 'sluice.v1.request.succeeded', () => outcome);
    latencies[n] = performance.now() - beginMs;
  }
  const wallMs = performance.now() - startedMs;
  const used = process.threadCpuUsage(cpu);
  for (const event of spool.takeLive(Infinity)) acked.push(event);
  for (const event of acked.splice(0)) spool.acknowledge(event);
  return { cpuMicros: (used.user + used.system) / REQUESTS, wallMicros: (wallMs * 1000) / REQUESTS };
}

for (let n = 0; n < ROUNDS; n += 1) {
  const { cpuMicros, wallMicros } = round();
  latencies.sort();
  const at = (share: number): string => ((latencies[Math.floor(REQUESTS * share)] ?? 0) * 1000).toFixed(1);
  console.log(
    `round ${n}: cpu ${cpuMicros.toFixed(2)} µs, wall ${wallMicros.toFixed(2)} µs, p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)} µs`,
  );
  // The upkeep (sync, checkpoint, removal) runs between the rounds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
}
await spool.close();
rmSync(rootDir, { recursive: true, force: true });
