import { setTimeout as delay } from 'node:timers/promises';
import type { DependencyState, Logger } from '@sluice/service-kit';
import type { ExportMetrics } from '../export-metrics.js';
import type { ExportBatch, PartWriter } from './part-writer.js';

/** What a {@link ContinuousExport} needs. */
export interface ContinuousExportOptions {
  readonly writer: Pick<PartWriter, 'append' | 'roll' | 'close'>;
  readonly folder: string;
  readonly metrics: ExportMetrics;
  readonly log: Logger;
  /** Pauses between two tries; rejects when the signal aborts. Tests pass their own. */
  readonly sleep?: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

interface Waiting {
  readonly batch: ExportBatch;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Most events in one fsync and one transaction: a few MB at the usual size. */
const MOST_EVENTS = 2_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;
const ROLL_EVERY_MS = 1_000;

/**
 * Puts what waits into one append, one after the other: while one is under way the next gathers. Through a full disk or
 * a folder that is away it holds what it has, says so once, and goes on when it can. What waits is bounded by the
 * deliveries that the bus lets be in the work at once.
 */
export class ContinuousExport {
  private readonly queue: Waiting[] = [];
  private readonly stopping = new AbortController();
  private readonly sleep: NonNullable<ContinuousExportOptions['sleep']>;
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private problem: string | undefined;
  private rollDue = false;

  constructor(private readonly options: ContinuousExportOptions) {
    this.sleep = options.sleep ?? ((delayMs, signal) => delay(delayMs, undefined, { signal }));
  }

  /** Looks at the folder at once, and each second whether an hour is over. */
  start(): void {
    const roll = (): void => {
      this.rollDue = true;
      this.next();
    };
    this.timer = setInterval(roll, ROLL_EVERY_MS);
    roll();
  }

  /** Resolves when the batch is durable; rejects only after {@link giveUpWaiting}, while the folder cannot be written. */
  add(batch: ExportBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ batch, resolve, reject });
      this.next();
    });
  }

  /** At the stop: who waits for a folder that cannot be written is rejected with the reason. */
  giveUpWaiting(reason: Error): void {
    clearInterval(this.timer);
    this.stopping.abort(reason);
  }

  /** After the last {@link add}. */
  async close(): Promise<void> {
    await this.running;
    await this.options.writer.close();
  }

  /** For `/readyz`. */
  check(): DependencyState {
    const { folder } = this.options;
    return { ok: this.problem === undefined, required: true, detail: this.problem ?? folder };
  }

  private next(): void {
    this.running ??= this.work().finally(() => {
      this.running = undefined;
      if (this.queue.length > 0) this.next();
    });
  }

  private async work(): Promise<void> {
    while (this.rollDue || this.queue.length > 0) {
      const taken = this.take();
      try {
        await this.untilDone(taken.map(({ batch }) => batch));
        for (const { resolve } of taken) resolve();
      } catch (error) {
        this.rollDue = false;
        for (const { reject } of taken) reject(error);
      }
    }
  }

  /** At least one, then as many as fit. */
  private take(): Waiting[] {
    let events = 0;
    let count = 0;
    for (const { batch } of this.queue) {
      events += batch.events.length;
      if (count > 0 && events > MOST_EVENTS) break;
      count += 1;
    }
    return this.queue.splice(0, count);
  }

  private async untilDone(batches: readonly ExportBatch[]): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.once(batches);
        this.report(undefined);
        return;
      } catch (error) {
        this.report(error);
        if (this.stopping.signal.aborted) throw this.stopping.signal.reason;
        const pauseMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries, 10), LONGEST_RETRY_MS);
        await this.sleep(pauseMs, this.stopping.signal).catch(() => {
          throw this.stopping.signal.reason;
        });
      }
    }
  }

  private async once(batches: readonly ExportBatch[]): Promise<void> {
    const { writer, metrics } = this.options;
    if (this.rollDue) {
      await writer.roll();
      this.rollDue = false;
    }
    if (batches.length === 0) return;
    const startedAt = performance.now();
    const events = batches.flatMap((batch) => batch.events);
    const dead = batches.flatMap((batch) => batch.dead);
    const result = await writer.append({ events, dead });
    metrics.appendSeconds.observe((performance.now() - startedAt) / 1000);
    metrics.events.inc({ result: 'appended' }, result.appended);
    metrics.events.inc({ result: 'duplicate' }, result.duplicates);
    metrics.events.inc({ result: 'dead' }, dead.length);
    metrics.bytes.inc(result.bytes);
  }

  /** One line at each change. */
  private report(error: unknown): void {
    const { log, folder } = this.options;
    if (error === undefined) {
      if (this.problem !== undefined) log.info({ folder }, 'the continuous export goes on');
      this.problem = undefined;
      return;
    }
    const problem = `the export folder ${folder} (SLUICE_DATA_DIR) cannot be written: ${reasonOf(error)}`;
    if (problem !== this.problem) log.error({ folder }, `${problem}; holding events, trying on`);
    this.problem = problem;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const full = ('code' in error && error.code === 'ENOSPC') || ('errcode' in error && error.errcode === 13);
  return full ? `the disk is full (${error.message})` : error.message;
}
