// Several deliveries -> one transaction. What a batch may hold and what it waits for is here; what a commit is, is not.
import type { DeadNumber } from './event-delivery.js';

/** What one delivery wants committed. */
export interface DeliveryWork<T> {
  readonly items: readonly T[];
  /** Numbers whose dead letters are stored. */
  readonly dead: readonly DeadNumber[];
}

/** An item that can never be stored, and why. */
export interface RefusedItem<T> {
  readonly item: T;
  readonly reason: string;
}

/** What became of a transaction. */
export type CommitResult<T> =
  | {
      readonly kind: 'committed';
      /** Not in it, and never will be. */
      readonly refused: readonly RefusedItem<T>[];
    }
  /** Some item can never be stored, it is not said which. Nothing was written. */
  | { readonly kind: 'data_error'; readonly code: string; readonly message: string };

/** What a {@link DeliveryBatcher} needs. */
export interface DeliveryBatcherOptions<T> {
  /** One transaction. Its rejection ends the wait of every delivery in the batch. */
  readonly commit: (work: DeliveryWork<T>) => Promise<CommitResult<T>>;
  readonly maxItems: number;
  /** Fewer than the bus lets be in the work at once, or small deliveries would wait for company that cannot come. */
  readonly maxDeliveries: number;
  /** Longest that an item waits for company. */
  readonly maxWaitMs: number;
}

interface Waiting<T> extends DeliveryWork<T> {
  readonly resolve: (refused: RefusedItem<T>[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Puts the items of several deliveries into one transaction: it begins when `maxItems` or `maxDeliveries` wait or the first
 * has waited `maxWaitMs`, and one runs at a time. What waits is bounded by the deliveries that the bus lets be in the work
 * at once. A batch with an item that cannot be stored is halved until that one is alone, so that the good ones go in.
 */
export class DeliveryBatcher<T> {
  readonly #options: DeliveryBatcherOptions<T>;
  readonly #queue: Waiting<T>[] = [];
  #waitingItems = 0;
  #timer: NodeJS.Timeout | undefined;
  #working = false;

  constructor(options: DeliveryBatcherOptions<T>) {
    this.#options = options;
  }

  /** Resolves when all of the delivery is committed but the items that cannot be: those come back, with the reason. */
  add(work: DeliveryWork<T>): Promise<RefusedItem<T>[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...work, resolve, reject });
      this.#waitingItems += work.items.length;
      this.#next();
    });
  }

  #next(): void {
    if (this.#working || this.#queue.length === 0) return;
    const { maxItems, maxDeliveries, maxWaitMs } = this.#options;
    if (this.#waitingItems >= maxItems || this.#queue.length >= maxDeliveries) void this.#work();
    else this.#timer ??= setTimeout(() => void this.#work(), maxWaitMs);
  }

  async #work(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#working = true;
    const deliveries = this.#take();
    try {
      const refused = await this.#commit({
        items: deliveries.flatMap((delivery) => delivery.items),
        dead: deliveries.flatMap((delivery) => delivery.dead),
      });
      for (const { items, resolve } of deliveries) {
        resolve(refused.filter(({ item }) => items.includes(item)));
      }
    } catch (error) {
      for (const { reject } of deliveries) reject(error);
    }
    this.#working = false;
    this.#next();
  }

  /** At least one delivery, then as many as fit. */
  #take(): Waiting<T>[] {
    const taken: Waiting<T>[] = [];
    let items = 0;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (taken.length > 0 && items + first.items.length > this.#options.maxItems) break;
      taken.push(first);
      items += first.items.length;
      this.#queue.shift();
    }
    this.#waitingItems -= items;
    return taken;
  }

  async #commit({ items, dead }: DeliveryWork<T>): Promise<RefusedItem<T>[]> {
    if (items.length === 0 && dead.length === 0) return [];
    const result = await this.#options.commit({ items, dead });
    if (result.kind === 'committed') return [...result.refused];
    const reason = `data_error ${result.code}: ${result.message}`;
    const [only, second] = items;
    if (only === undefined) throw new Error(`progress cannot be stored: ${reason}`);
    if (second === undefined) return [{ item: only, reason }, ...(await this.#commit({ items: [], dead }))];
    const middle = Math.ceil(items.length / 2);
    const before = await this.#commit({ items: items.slice(0, middle), dead });
    return [...before, ...(await this.#commit({ items: items.slice(middle), dead: [] }))];
  }
}
