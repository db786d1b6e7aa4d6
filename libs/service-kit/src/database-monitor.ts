import type { Logger } from 'pino';
import type { DependencyState } from './health/health-registry.js';
import type { ShutdownStep } from './shutdown.js';

/** What a {@link DatabaseMonitor} needs. */
export interface DatabaseMonitorOptions {
  /** Asks the database once: resolves with what is wrong with it, undefined when all is well; rejects when it is away. */
  readonly probe: () => Promise<string | undefined>;
  /** Without credentials, for logs and `/readyz`. */
  readonly address: string;
  readonly log: Logger;
}

const PROBE_WHEN_WELL_MS = 5_000;
/** While the database is away nothing else connects, so this is the most connect tries there are. */
const PROBE_WHEN_AWAY_MS = 1_000;
/** Where the probe succeeds and the write does not (a full disk, a missing right), tries grow rarer up to this. */
const LONGEST_PAUSE_MS = 30_000;
const MOST_DOUBLINGS = 5;

type State = { readonly kind: 'unknown' | 'well' } | { readonly kind: 'away'; readonly detail: string };

/**
 * Knows whether the database can be used, and is the only one that tries while it cannot: who has something to write
 * waits for {@link whenWell}. Logs each change, not each try.
 */
export class DatabaseMonitor {
  private state: State = { kind: 'unknown' };
  private timer: NodeJS.Timeout | undefined;
  private waiting: (() => void)[] = [];
  private stopped = false;
  private failedWrites = 0;

  constructor(private readonly options: DatabaseMonitorOptions) {}

  start(): void {
    void this.probe();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** The end of both, for an orderly stop. */
  stopStep(database: { destroy(): Promise<void> }): ShutdownStep {
    return {
      name: 'database',
      timeoutMs: 5_000,
      run: async () => {
        this.stop();
        await database.destroy();
      },
    };
  }

  /** For `/readyz`. */
  check(): DependencyState {
    const { address } = this.options;
    const { state } = this;
    if (state.kind === 'well') return { ok: true, required: true, detail: address };
    const detail = state.kind === 'away' ? state.detail : `connecting to ${address} (DATABASE_URL)`;
    return { ok: false, required: true, detail };
  }

  /** Resolves when the database can be used; rejects with the signal's reason when that is aborted before. */
  whenWell(signal: AbortSignal): Promise<void> {
    if (this.state.kind === 'well') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        this.waiting = this.waiting.filter((waiter) => waiter !== well);
        // The stop gives a reason that is an Error.
        reject(signal.reason as Error);
      };
      const well = (): void => {
        signal.removeEventListener('abort', aborted);
        resolve();
      };
      if (signal.aborted) {
        aborted();
        return;
      }
      signal.addEventListener('abort', aborted, { once: true });
      this.waiting.push(well);
    });
  }

  /**
   * A write failed for a reason that is not its data: nobody writes again before a probe has succeeded. Of those that were
   * under way together the first counts, the others say nothing new.
   */
  reportFailure(error: unknown): void {
    if (this.state.kind === 'away') return;
    this.away(error instanceof Error ? reasonOf(error) : 'unknown');
    this.schedule(Math.min(PROBE_WHEN_AWAY_MS * 2 ** this.failedWrites, LONGEST_PAUSE_MS));
    this.failedWrites = Math.min(this.failedWrites + 1, MOST_DOUBLINGS);
  }

  /** A write went well. */
  reportSuccess(): void {
    this.failedWrites = 0;
  }

  private async probe(): Promise<void> {
    try {
      const problem = await this.options.probe();
      if (problem === undefined) this.well();
      else this.away(problem);
    } catch (error) {
      this.away(error instanceof Error ? reasonOf(error) : 'unknown');
    }
    this.schedule(this.state.kind === 'well' ? PROBE_WHEN_WELL_MS : PROBE_WHEN_AWAY_MS);
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.probe(), delayMs);
  }

  private well(): void {
    if (this.state.kind !== 'well')
      this.options.log.info({ address: this.options.address }, 'database is well');
    this.state = { kind: 'well' };
    for (const resume of this.waiting.splice(0)) resume();
  }

  private away(reason: string): void {
    const { address, log } = this.options;
    const detail = `the database at ${address} (DATABASE_URL) cannot be used: ${reason}`;
    const changed = this.state.kind !== 'away' || this.state.detail !== detail;
    this.state = { kind: 'away', detail };
    if (changed) log.warn({ address }, `${detail}; trying on`);
  }
}

/** A refused connection to a name with several addresses is an AggregateError without a message of its own. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
