import type { SluiceDatabase } from '../database.js';
import { ensureDailyPartitions } from '../partitions.js';
import {
  describeDataError,
  isDataError,
  isMissingPartition,
  isTransactionConflict,
} from '../postgres-errors.js';
import type { NewRequestLogRow } from '../tables/request-log.table.js';
import { addDays, type UtcDay, utcDay } from '../utc-day.js';
import { appendBatchSql } from './append-request-log-batch.sql.js';
import { type SpoolNumber, toProgressJson } from './to-progress-json.js';

/** A number of a spool that the consumer could not take. */
export type DeadNumber = SpoolNumber;

/** What goes into one transaction. */
export interface AppendBatch {
  /** Name of the consumer whose progress it is. */
  readonly consumer: string;
  readonly stream: string;
  readonly rows: readonly NewRequestLogRow[];
  readonly dead: readonly DeadNumber[];
}

/** What became of a batch. Anything else that can go wrong, such as a lost connection, is thrown, and nothing was written. */
export type AppendResult =
  | {
      readonly kind: 'committed';
      /** Rows that were new; the others were there before. */
      readonly inserted: number;
      /** Rows whose day has no partition and gets none. Neither written nor marked: dead-letter them, then mark them dead. */
      readonly outOfRange: readonly NewRequestLogRow[];
    }
  | {
      /** Some row can never be stored. Nothing was written; append the rows one by one to find it. */
      readonly kind: 'data_error';
      /** SQLSTATE. */
      readonly code: string;
      /** The server's sentence without the value that it complains about. */
      readonly message: string;
    };

/** What a {@link RequestLogWriter} needs. */
export interface RequestLogWriterOptions {
  readonly db: SluiceDatabase;
  /** Days before today for which rows are taken. */
  readonly retentionDays: number;
  readonly now?: () => Date;
}

/** Clocks differ and days end at different moments; what is further ahead is a mistake. */
const MOST_DAYS_AHEAD = 2;
const MOST_TRIES = 5;

/** Writes request-log rows together with the progress of their consumer, each batch in one transaction. */
export class RequestLogWriter {
  private readonly db: SluiceDatabase;
  private readonly retentionDays: number;
  private readonly now: () => Date;
  /** Days whose partition was seen; a hint only, since partitions are dropped elsewhere too. */
  private readonly knownDays = new Set<UtcDay>();

  constructor(options: RequestLogWriterOptions) {
    this.db = options.db;
    this.retentionDays = options.retentionDays;
    this.now = options.now ?? ((): Date => new Date());
  }

  /**
   * Appends a batch; harmless when some or all of it was appended before. A missing partition is made when its day is
   * within retention and at most 2 days ahead. Deadlocks are run again, five times at most.
   */
  async appendBatch(batch: AppendBatch): Promise<AppendResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { inRange, outOfRange } = await this.withPartitions(batch.rows);
        const inserted = await this.write({ ...batch, rows: inRange });
        return { kind: 'committed', inserted, outOfRange };
      } catch (error) {
        if (isDataError(error)) return { kind: 'data_error', ...describeDataError(error) };
        const known = isMissingPartition(error);
        // A partition that was there is gone: look again at all of them.
        if (known) this.knownDays.clear();
        if ((!known && !isTransactionConflict(error)) || attempt === MOST_TRIES) throw error;
      }
    }
  }

  private async withPartitions(
    rows: readonly NewRequestLogRow[],
  ): Promise<{ inRange: readonly NewRequestLogRow[]; outOfRange: readonly NewRequestLogRow[] }> {
    const today = utcDay(this.now());
    const firstDay = addDays(today, -this.retentionDays);
    const lastDay = addDays(today, MOST_DAYS_AHEAD);
    const inRange: NewRequestLogRow[] = [];
    const outOfRange: NewRequestLogRow[] = [];
    for (const row of rows) {
      const day = row.occurred_at.slice(0, 10);
      const plain = row.occurred_at.endsWith('Z') && day >= firstDay && day <= lastDay;
      (plain ? inRange : outOfRange).push(row);
    }
    for (const day of new Set(inRange.map((row) => row.occurred_at.slice(0, 10)))) {
      if (this.knownDays.has(day)) continue;
      await ensureDailyPartitions(this.db, 'request_log', day, day);
      this.knownDays.add(day);
    }
    return { inRange, outOfRange };
  }

  private async write({ consumer, stream, rows, dead }: AppendBatch): Promise<number> {
    const statement = appendBatchSql({
      rowsJson: JSON.stringify(rows),
      progressJson: toProgressJson(
        rows.map((row) => ({ spoolId: row.spool_id, spoolSeq: row.spool_seq })),
        dead,
      ),
      consumer,
      stream,
      updatedAt: this.now().toISOString(),
    });
    const { rows: answers } = await statement.execute(this.db);
    return answers[0]?.inserted ?? 0;
  }
}
