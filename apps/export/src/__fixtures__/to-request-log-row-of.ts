import type { NewRequestLogRow } from '@sluice/storage';
import { ATTEMPTS, exportedRequest } from './exported-request.js';
import { randomUUID } from 'node:crypto';

/** A row to write, as the logger would. */
export function toRequestLogRowOf(at: {
  readonly spoolId: string;
  readonly spoolSeq: number;
  readonly occurredAtMs: number;
}): NewRequestLogRow {
  const occurredAt = new Date(at.occurredAtMs).toISOString();
  return {
    ...exportedRequest(),
    attempts: ATTEMPTS,
    routing: null,
    event_id: randomUUID(),
    spool_id: at.spoolId,
    spool_seq: at.spoolSeq,
    occurred_at: occurredAt,
    logged_at: occurredAt,
  };
}
