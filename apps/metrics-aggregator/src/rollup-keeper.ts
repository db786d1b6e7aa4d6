import type { Logger } from '@sluice/service-kit';

/** What a {@link RollupKeeper} needs. */
export interface RollupKeeperOptions {
  /** Deletes at most `limit` minutes before the moment; says how many went. */
  readonly deleteBefore: (moment: Date, limit: number) => Promise<number>;
  readonly keepMs: number;
  readonly log: Logger;
  readonly whenWell: (signal: AbortSignal) => Promise<void>;
  readonly now?: () => number;
}

/** Short transactions: nobody waits for a long delete. */
const MOST_AT_ONCE = 5_000;
const EACH_MS = 3_600_000;
const AFTER_FAILURE_MS = 60_000;

/** Deletes the minutes that are past retention: at start, then each hour. Several instances may do so at once. */
export class RollupKeeper {
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly options: RollupKeeperOptions) {}

  start(): void {
    this.round = this.run();
  }

  /** Waits for the delete that runs. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    clearTimeout(this.timer);
    await this.round;
  }

  private async run(): Promise<void> {
    const { whenWell, log } = this.options;
    let nextMs = EACH_MS;
    try {
      await whenWell(this.stopping.signal);
      await this.keep();
    } catch (error) {
      nextMs = AFTER_FAILURE_MS;
      if (!this.stopping.signal.aborted) {
        log.warn({ err: error }, 'old roll-ups could not be deleted; trying again in a minute');
      }
    }
    if (!this.stopping.signal.aborted) this.timer = setTimeout(() => this.start(), nextMs);
  }

  private async keep(): Promise<void> {
    const { deleteBefore, keepMs, log, now = Date.now } = this.options;
    const firstKept = new Date(now() - keepMs);
    let deleted = 0;
    while (!this.stopping.signal.aborted) {
      const gone = await deleteBefore(firstKept, MOST_AT_ONCE);
      deleted += gone;
      if (gone < MOST_AT_ONCE) break;
    }
    if (deleted > 0) log.info({ rows: deleted, before: firstKept }, 'deleted roll-ups past retention');
  }
}
