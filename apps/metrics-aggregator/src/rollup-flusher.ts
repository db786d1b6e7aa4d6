import type { RequestCompleted } from '@sluice/contracts';
import type { RollUpResult, SpoolNumber } from '@sluice/storage';

/** An event that can never be stored, and why. */
export interface RejectedEvent {
  readonly event: RequestCompleted;
  readonly reason: string;
}

/** What one delivery wants committed. */
export interface Work {
  readonly events: readonly RequestCompleted[];
  /** Numbers whose dead letters are stored. */
  readonly dead: readonly SpoolNumber[];
}

/** What a {@link RollupFlusher} needs. */
export interface RollupFlusherOptions {
  /** Applies in one transaction. Its rejection ends the wait of every delivery in the batch. */
  readonly apply: (work: Work) => Promise<RollUpResult<RequestCompleted>>;
  readonly maxEvents: number;
  /** Fewer than the bus lets be in the work at once, or small deliveries would wait for company that cannot come. */
  readonly maxDeliveries: number;
  /** Longest that an event waits for company. */
  readonly maxWaitMs: number;
}

interface Waiting extends Work {
  readonly resolve: (rejected: RejectedEvent[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Puts the events of several deliveries into one transaction: it begins when `maxEvents` or `maxDeliveries` wait or
 * the first has waited `maxWaitMs`, and one runs at a time. What waits is bounded by the deliveries that the bus lets be in the work at once. A
 * batch with an event that cannot be stored is halved until that one is alone, so that the good ones around it go in.
 */
export class RollupFlusher {
  private readonly queue: Waiting[] = [];
  private waitingEvents = 0;
  private timer: NodeJS.Timeout | undefined;
  private working = false;

  constructor(private readonly options: RollupFlusherOptions) {}

  /** Resolves when all of the delivery is committed but the events that cannot be: those come back, with the reason. */
  add(work: Work): Promise<RejectedEvent[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ ...work, resolve, reject });
      this.waitingEvents += work.events.length;
      this.next();
    });
  }

  private next(): void {
    if (this.working || this.queue.length === 0) return;
    const { maxEvents, maxDeliveries } = this.options;
    if (this.waitingEvents >= maxEvents || this.queue.length >= maxDeliveries) void this.work();
    else this.timer ??= setTimeout(() => void this.work(), this.options.maxWaitMs);
  }

  private async work(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.working = true;
    const deliveries = this.take();
    try {
      const rejected = await this.commit({
        events: deliveries.flatMap((delivery) => delivery.events),
        dead: deliveries.flatMap((delivery) => delivery.dead),
      });
      for (const { events, resolve } of deliveries) {
        resolve(rejected.filter((found) => events.includes(found.event)));
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
    let events = 0;
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      if (taken.length > 0 && events + first.events.length > this.options.maxEvents) break;
      taken.push(first);
      events += first.events.length;
      this.queue.shift();
    }
    this.waitingEvents -= events;
    return taken;
  }

  private async commit({ events, dead }: Work): Promise<RejectedEvent[]> {
    if (events.length === 0 && dead.length === 0) return [];
    const result = await this.options.apply({ events, dead });
    if (result.kind === 'committed') return [];
    const reason = `data_error ${result.code}: ${result.message}`;
    const [only] = events;
    if (only === undefined) throw new Error(`progress cannot be stored: ${reason}`);
    if (events.length === 1) return [{ event: only, reason }, ...(await this.commit({ events: [], dead }))];
    const middle = Math.ceil(events.length / 2);
    const before = await this.commit({ events: events.slice(0, middle), dead });
    return [...before, ...(await this.commit({ events: events.slice(middle), dead: [] }))];
  }
}
