import { randomUUID } from 'node:crypto';
import { RequestLogWriter, type SluiceDatabase } from '@sluice/storage';
import { toRequestLogRowOf } from './to-request-log-row-of.js';

/** Fills with `firstRows × 2^doublings` rows of a few milliseconds, many of one moment; gives that number. */
export async function fillRequestLog(
  db: SluiceDatabase,
  { firstRows, doublings }: { readonly firstRows: number; readonly doublings: number },
): Promise<number> {
  const now = Date.now() - 60_000;
  const spoolId = randomUUID();
  const rows = Array.from({ length: firstRows }, (_, index) =>
    toRequestLogRowOf({ spoolId, spoolSeq: index + 1, occurredAtMs: now + Math.floor(index / 40) }),
  );
  await new RequestLogWriter({ db, retentionDays: 30 }).appendBatch({
    consumer: 'test',
    stream: 'SLUICE_REQUESTS',
    rows,
    dead: [],
  });
  const columns = Object.keys(rows[0]!).filter((column) => column !== 'event_id') as 'request_id'[];
  for (let round = 0; round < doublings; round += 1) {
    await db
      .insertInto('request_log')
      .columns(['event_id', ...columns])
      .expression((eb) =>
        eb.selectFrom('request_log').select([eb.fn<string>('gen_random_uuid').as('event_id'), ...columns]),
      )
      .execute();
  }
  return firstRows * 2 ** doublings;
}
