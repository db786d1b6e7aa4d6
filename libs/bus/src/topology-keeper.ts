import { type BusLog, toErrorFacts } from './bus-log.js';
import type { NatsLink } from './nats-connection.js';

/** What a {@link TopologyKeeper} needs. */
export interface TopologyKeeperOptions {
  readonly nats: NatsLink;
  /** Makes what is missing. Idempotent. */
  readonly ensure: () => Promise<unknown>;
  readonly log: BusLog;
}

const RETRY_MS = 2_000;

/**
 * Makes the streams and durables that are missing, at each connection: nobody may have run init, and a server may come
 * back without its data. Logs each change, not each try.
 */
export class TopologyKeeper {
  private problem: string | undefined = 'not looked at yet';
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;

  constructor(private readonly options: TopologyKeeperOptions) {}

  start(): void {
    this.stopListening = this.options.nats.onChange((isConnected) => {
      if (isConnected) void this.ensure();
    });
    if (this.options.nats.isConnected()) void this.ensure();
  }

  stop(): void {
    this.stopListening();
    clearTimeout(this.timer);
  }

  /** For `/readyz`. */
  check(): { ok: boolean; required: true; detail?: string } {
    if (this.problem === undefined) return { ok: true, required: true };
    return { ok: false, required: true, detail: this.problem };
  }

  private async ensure(): Promise<void> {
    clearTimeout(this.timer);
    const { nats, ensure, log } = this.options;
    try {
      await ensure();
      if (this.problem !== undefined) log.info({ address: nats.address }, 'streams and durables are there');
      this.problem = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      const problem = `streams and durables at ${nats.address} (NATS_URL) cannot be made: ${reason}`;
      if (this.problem !== problem) log.warn(toErrorFacts(error), `${problem}; trying on`);
      this.problem = problem;
      this.timer = setTimeout(() => void this.ensure(), RETRY_MS);
    }
  }
}
