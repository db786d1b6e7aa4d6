import type { Logger } from '@sluice/service-kit';
import { addDays, type UtcDay, utcDay } from '@sluice/storage';

/** What a {@link PartitionKeeper} needs. */
export interface PartitionKeeperOptions {
  readonly ensure: (fromDay: UtcDay, toDay: UtcDay) => Promise<UtcDay[]>;
  readonly dropBefore: (firstKeptDay: UtcDay) => Promise<string[]>;
  /** Days before today that are kept. */
  readonly retentionDays: number;
  readonly log: Logger;
  readonly whenWell: (signal: AbortSignal) => Promise<void>;
  readonly now?: () => Date;
}

const DAYS_BEHIND = 1;
/** What an edge with a fast clock may send; the same as the writer takes. */
const DAYS_AHEAD = 2;
const EACH_MS = 3_600_000;
const AFTER_FAILURE_MS = 60_000;

/** Makes the partitions around today and drops those older than retention: at start, then each hour. */
export class PartitionKeeper {
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly options: PartitionKeeperOptions) {}

  start(): void {
    this.round = this.run();
  }

  /** Waits for the round that runs. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    clearTimeout(this.timer);
    await this.round;
  }

  /** One round, for its errors to be seen. */
  async keep(): Promise<void> {
    const { ensure, dropBefore, retentionDays, log, now } = this.options;
    const today = utcDay(now?.() ?? new Date());
    const made = await ensure(addDays(today, -DAYS_BEHIND), addDays(today, DAYS_AHEAD));
    if (made.length > 0) log.info({ days: made }, 'made partitions');
    const dropped = await dropBefore(addDays(today, -retentionDays));
    if (dropped.length > 0)
      log.info({ partitions: dropped, retentionDays }, 'dropped partitions past retention');
  }

  private async run(): Promise<void> {
    let nextMs = EACH_MS;
    try {
      await this.options.whenWell(this.stopping.signal);
      await this.keep();
    } catch (error) {
      nextMs = AFTER_FAILURE_MS;
      if (!this.stopping.signal.aborted) {
        this.options.log.warn({ err: error }, 'partitions could not be kept; trying again in a minute');
      }
    }
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => this.start(), nextMs);
  }
}
