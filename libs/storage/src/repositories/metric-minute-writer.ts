import type { SluiceDatabase } from '../database.js';
import { describeDataError, isDataError, isTransactionConflict } from '../postgres-errors.js';
import type { NewMetricMinuteRow } from '../tables/metric-minute.table.js';
import { isInMultirange } from '../to-multirange.js';
import { addMetricMinutesSql, lockProgressSql } from './add-metric-minutes.sql.js';
import { type SpoolNumber, toProgressJson } from './to-progress-json.js';

/** What goes into one transaction. */
export interface RollUpBatch<Event extends SpoolNumber> {
  /** Name of the consumer whose progress it is. */
  readonly consumer: string;
  readonly stream: string;
  /** In any order, with any repetition. */
  readonly events: readonly Event[];
  /** Numbers that the consumer could not take. */
  readonly dead: readonly SpoolNumber[];
  /** What these events add to which minutes, one row per key. Pure: it is called again when the transaction is. */
  readonly rollUp: (fresh: readonly Event[]) => readonly NewMetricMinuteRow[];
}

/** What became of a batch. Anything else, such as a lost connection, is thrown: then it may or may not be written. */
export type RollUpResult<Event> =
  | {
      readonly kind: 'committed';
      /** The events that counted; the others had before. */
      readonly fresh: readonly Event[];
    }
  | {
      /** Some event can never be stored. Nothing was written; apply the events one by one to find it. */
      readonly kind: 'data_error';
      /** SQLSTATE. */
      readonly code: string;
      /** The server's sentence without the value that it complains about. */
      readonly message: string;
    };

const MOST_TRIES = 5;

/** Adds events to `metric_minute` together with the progress of their consumer, each batch in one transaction. */
export class MetricMinuteWriter {
  constructor(
    private readonly db: SluiceDatabase,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * Counts the events whose numbers are not applied yet, and marks them; harmless when some or all were applied before, here
   * or in another process. Transactions that lost a deadlock are run again, five times at most.
   */
  async apply<Event extends SpoolNumber>(batch: RollUpBatch<Event>): Promise<RollUpResult<Event>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { kind: 'committed', fresh: await this.write(batch) };
      } catch (error) {
        if (isDataError(error)) return { kind: 'data_error', ...describeDataError(error) };
        if (!isTransactionConflict(error) || attempt === MOST_TRIES) throw error;
      }
    }
  }

  private write<Event extends SpoolNumber>(batch: RollUpBatch<Event>): Promise<Event[]> {
    const { consumer, stream, events, dead, rollUp } = batch;
    const spoolIds = [...new Set([...events, ...dead].map((number) => number.spoolId.toLowerCase()))];
    return this.db.transaction().execute(async (tx) => {
      const locked = await lockProgressSql({
        consumer,
        stream,
        spoolIds,
        updatedAt: this.now().toISOString(),
      }).execute(tx);
      const fresh = findFresh(events, new Map(locked.rows.map((row) => [row.spool_id, row.applied])));
      if (fresh.length === 0 && dead.length === 0) return fresh;
      await addMetricMinutesSql({
        rowsJson: JSON.stringify(rollUp(fresh), bigintAsText),
        progressJson: toProgressJson(fresh, dead),
        consumer,
        stream,
      }).execute(tx);
      return fresh;
    });
  }
}

/** Each number once, without those that were applied before. */
function findFresh<Event extends SpoolNumber>(
  events: readonly Event[],
  applied: ReadonlyMap<string, string>,
): Event[] {
  const wasApplied = new Map([...applied].map(([spoolId, ranges]) => [spoolId, isInMultirange(ranges)]));
  const seen = new Set<string>();
  return events.filter((event) => {
    const spoolId = event.spoolId.toLowerCase();
    const number = `${spoolId} ${event.spoolSeq}`;
    if (seen.has(number) || wasApplied.get(spoolId)?.(event.spoolSeq) === true) return false;
    seen.add(number);
    return true;
  });
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
