// How many rows per second `appendBatch` writes, alone, in batches as the logger makes them.
// DATABASE_URL=postgres://… node libs/storage/dist/repositories/request-log-writer.bench.js [rows] [batch]
// The database is migrated and its request_log emptied: use one of its own.
import { sql } from 'kysely';
import { newRequestLogRow } from '../__fixtures__/new-request-log-row.js';
import { openDatabase } from '../database.js';
import { migrateToLatest } from '../migrate-to-latest.js';
import { RequestLogWriter } from './request-log-writer.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const url = process.env['DATABASE_URL'] ?? '';
const rowCount = Number(process.argv[2] ?? 50_000);
const batchSize = Number(process.argv[3] ?? 500);

await migrateToLatest(url, log);
const db = openDatabase({ url, poolSize: 2, applicationName: 'bench', log });
await sql`truncate request_log, consumer_progress`.execute(db);
const writer = new RequestLogWriter({ db, retentionDays: 30 });

/** Time-ordered as the edge's ids are. */
const uuidV7 = (index: number): string => {
  const time = (Date.now() - rowCount + index).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
};
const rows = Array.from({ length: rowCount }, (_, index) =>
  newRequestLogRow({
    event_id: uuidV7(index),
    spool_seq: index + 1,
    requested_model: `model-${index % 12}`,
    key_id: `key-${index % 200}`,
  }),
);
const latenciesMs: number[] = [];
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
for (let from = 0; from < rows.length; from += batchSize) {
  const batchStartedAt = performance.now();
  const batch = rows.slice(from, from + batchSize);
  const result = await writer.appendBatch({
    consumer: 'bench',
    stream: 'SLUICE_REQUESTS',
    rows: batch,
    dead: [],
  });
  if (result.kind !== 'committed' || result.inserted !== batch.length)
    throw new Error(JSON.stringify(result));
  latenciesMs.push(performance.now() - batchStartedAt);
}
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage(cpuBefore);
latenciesMs.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    rows: rowCount,
    batchSize,
    rowsPerSecond: Math.round(rowCount / seconds),
    batchP50Ms: latenciesMs[Math.floor(latenciesMs.length / 2)]?.toFixed(1),
    batchP99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)]?.toFixed(1),
    clientCpuUsPerRow: Number(((cpu.user + cpu.system) / rowCount).toFixed(1)),
  }),
);
await db.destroy();
