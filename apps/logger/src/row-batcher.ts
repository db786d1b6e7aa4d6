import type { AppendResult, DeadNumber, NewRequestLogRow } from '@sluice/storage';

/** A row that can never be stored, and why. */
export interface RejectedRow {
  readonly row: NewRequestLogRow;
  readonly reason: string;
}

/** What one delivery wants committed. */
export interface Work {
  readonly rows: readonly NewRequestLogRow[];
  /** Numbers whose dead letters are stored. */
  readonly dead: readonly DeadNumber[];
}

/** What a {@link RowBatcher} needs. */
export interface RowBatcherOptions {
  /** Appends in one transaction. Its rejection ends the wait of every delivery in the batch. */
  readonly append: (work: Work) => Promise<AppendResult>;
  readonly maxRows: number;
  /** Longest that a row waits for company. */
  readonly maxWaitMs: number;
}

interface Waiting extends Work {
  readonly resolve: (rejected: RejectedRow[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Puts the rows of several deliveries into one transaction: it begins when `maxRows` wait or the first has waited
 * `maxWaitMs`, and one runs at a time. What waits is bounded by the deliveries that the bus lets be in the work at once.
 * A batch with a row that cannot be stored is halved until that row is alone, so that the good rows around it go in.
 */
export class RowBatcher {
  private readonly queue: Waiting[] = [];
  private waitingRows = 0;
  private timer: NodeJS.Timeout | undefined;
  private working = false;

  constructor(private readonly options: RowBatcherOptions) {}

  /** Resolves when all of the delivery is committed but the rows that cannot be: those come back, with the reason. */
  add(work: Work): Promise<RejectedRow[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ ...work, resolve, reject });
      this.waitingRows += work.rows.length;
      this.next();
    });
  }

  private next(): void {
    if (this.working || this.queue.length === 0) return;
    if (this.waitingRows >= this.options.maxRows) void this.work();
    else this.timer ??= setTimeout(() => void this.work(), this.options.maxWaitMs);
  }

  private async work(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.working = true;
    const deliveries = this.take();
    try {
      const rejected = await this.commit({
        rows: deliveries.flatMap((delivery) => delivery.rows),
        dead: deliveries.flatMap((delivery) => delivery.dead),
      });
      for (const { rows, resolve } of deliveries) {
        resolve(rejected.filter((found) => rows.includes(found.row)));
      }
    } catch (error) {
      for (const { reject } of deliveries) reject(error);
    }
    this.working = false;
    this.next();
  }

  /** At least one delivery, then as many as fit. */
  private take(): Waiting[] {
    const taken: Waiting[] = [];
    let rows = 0;
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      if (taken.length > 0 && rows + first.rows.length > this.options.maxRows) break;
      taken.push(first);
      rows += first.rows.length;
      this.queue.shift();
    }
    this.waitingRows -= rows;
    return taken;
  }

  private async commit({ rows, dead }: Work): Promise<RejectedRow[]> {
    if (rows.length === 0 && dead.length === 0) return [];
    const result = await this.options.append({ rows, dead });
    if (result.kind === 'committed') {
      return result.outOfRange.map((row) => ({
        row,
        reason: `out_of_range: no partition for ${row.occurred_at}`,
      }));
    }
    const reason = `data_error ${result.code}: ${result.message}`;
    const [only] = rows;
    if (only === undefined) throw new Error(`progress cannot be stored: ${reason}`);
    if (rows.length === 1) return [{ row: only, reason }, ...(await this.commit({ rows: [], dead }))];
    const middle = Math.ceil(rows.length / 2);
    const before = await this.commit({ rows: rows.slice(0, middle), dead });
    return [...before, ...(await this.commit({ rows: rows.slice(middle), dead: [] }))];
  }
}
