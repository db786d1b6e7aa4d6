// `maxConcurrency` of a provider: who goes in, who waits for how long, who is turned away.
import { FairQueue, QueueEntry } from './fair-queue.js';

/** A provider, as far as its gate is concerned; config-schema's ProviderConfig is one. */
export interface GatedProvider {
  readonly name: string;
  /** Calls of the whole edge at a time; undefined: any number. */
  readonly maxConcurrency?: number | undefined;
  /** How long a request waits for its turn, milliseconds; 0: not at all. */
  readonly queueTimeoutMs?: number | undefined;
}

/** Which of an edge's processes this one is: each has its share of a limit. */
export interface WorkerShare {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Why a request did not get its turn: no room to wait, or it waited for `queueTimeout`. */
export type GateRefusal = 'queue_full' | 'queue_timeout';

/** Whoever wants to call a provider hears exactly one of the two, unless it left before. Neither may throw. */
export interface GateVisitor {
  /**
   * The provider may be called now, perhaps before `enter` returns.
   * @param leave what `enter` returns: to be called when the call is over
   * @param waitedMs for the event's `timing.queueMs`
   */
  onTurn(leave: () => void, waitedMs: number): void;
  onRefused(reason: GateRefusal, waitedMs: number): void;
}

/** What a gate tells of itself. */
export interface GateStats {
  readonly provider: string;
  readonly inFlight: number;
  readonly queued: number;
}

export interface ProviderGateOptions {
  /** The current config's provider of this name; its limit rules, also for requests that began with an older config. */
  readonly currentProvider: (name: string) => GatedProvider | undefined;
  readonly share: WorkerShare;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Runs something later, milliseconds; the returned function takes that back. */
  readonly setTimer: (run: () => void, delayMs: number) => () => void;
  readonly onRefused?: (provider: string, reason: GateRefusal) => void;
}

/** Short enough that a client's own patience outlives it, long enough for a chat answer or two to end. */
const DEFAULT_QUEUE_TIMEOUT_MS = 2_000;
/** Who waits holds a body and a socket; behind ten rounds nobody gets his turn in time. */
const QUEUED_PER_PLACE = 10;
const MIN_QUEUED = 64;
const MAX_QUEUED = 10_000;

/**
 * Lets at most `maxConcurrency` calls of a provider run at a time; the others wait, bounded in number and time, and the
 * keys take turns. Limits change with the config: running calls keep their places, the next ones count by the new limit.
 * Calls that began while the provider had no limit are not counted.
 */
export class ProviderGate {
  readonly #options: ProviderGateOptions;
  readonly #gates = new Map<string, Gate>();

  constructor(options: ProviderGateOptions) {
    this.#options = options;
  }

  /**
   * Asks for a place.
   * @param callerId the key: fairness is between these
   * @returns leaves the queue, or gives the place back; only its first call counts, and without one the place is taken for ever
   */
  enter(provider: GatedProvider, callerId: string, visitor: GateVisitor): () => void {
    let gate = this.#gates.get(provider.name);
    if (gate === undefined) {
      gate = new Gate(provider.name, this.#options);
      this.#gates.set(provider.name, gate);
    }
    const visit = new Visit(visitor, gate, this.#options.now());
    const leave = visit.leave;
    gate.enter(visit, callerId, provider.queueTimeoutMs ?? DEFAULT_QUEUE_TIMEOUT_MS);
    return leave;
  }

  /** To be called after a reload: a raised limit takes effect at once, gates of providers that are gone are forgotten. */
  onReload(): void {
    for (const gate of this.#gates.values()) {
      gate.pump();
      const isGone = this.#options.currentProvider(gate.name)?.maxConcurrency === undefined;
      if (isGone && gate.isEmpty) this.#gates.delete(gate.name);
    }
  }

  /** Calls that run now, for the strategy that prefers the least busy; 0 for a provider without a limit. */
  inFlight(provider: string): number {
    return this.#gates.get(provider)?.inFlight ?? 0;
  }

  stats(): GateStats[] {
    return [...this.#gates.values()].map(({ name, inFlight, queued }) => ({
      provider: name,
      inFlight,
      queued,
    }));
  }
}

/** The part of a limit that one of an edge's processes has; the parts add up to the limit. */
export function shareOf(limit: number, { index, count }: WorkerShare): number {
  return Math.floor(limit / count) + (index < limit % count ? 1 : 0);
}

/** One provider's places and queue. */
class Gate {
  readonly name: string;
  readonly #options: ProviderGateOptions;
  readonly #queue = new FairQueue<Visit>();
  #isPumping = false;
  inFlight = 0;

  constructor(name: string, options: ProviderGateOptions) {
    this.name = name;
    this.#options = options;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get isEmpty(): boolean {
    return this.inFlight === 0 && this.#queue.length === 0;
  }

  enter(visit: Visit, callerId: string, timeoutMs: number): void {
    const limit = this.#limit();
    // Nobody overtakes those who wait.
    if (this.inFlight < limit && this.#queue.length === 0) {
      this.inFlight += 1;
      visit.begin(0);
      return;
    }
    if (limit === 0 || timeoutMs <= 0) return this.#refuse(visit, 'queue_full');
    const maxQueued = Math.min(MAX_QUEUED, Math.max(MIN_QUEUED, limit * QUEUED_PER_PLACE));
    const displaced = this.#queue.push(callerId, visit.entry, maxQueued);
    if (displaced !== visit.entry) {
      visit.wait(this.#options.setTimer(() => this.#onTimeout(visit), timeoutMs));
    }
    if (displaced !== null) this.#refuse(displaced.item, 'queue_full');
    this.pump();
  }

  /** Gives free places to those whose turn it is. */
  pump(): void {
    // A visitor that ends in its own turn comes back here: the loop below goes on instead of one within it.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.inFlight < this.#limit()) {
        const entry = this.#queue.shift();
        if (entry === null) break;
        this.inFlight += 1;
        entry.item.begin(this.#options.now() - entry.item.enteredMs);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  onLeft(visit: Visit, hadPlace: boolean): void {
    if (hadPlace) {
      this.inFlight -= 1;
      this.pump();
    } else this.#queue.remove(visit.entry);
  }

  #onTimeout(visit: Visit): void {
    this.#queue.remove(visit.entry);
    this.#refuse(visit, 'queue_timeout');
  }

  #refuse(visit: Visit, reason: GateRefusal): void {
    this.#options.onRefused?.(this.name, reason);
    visit.refuse(reason, this.#options.now() - visit.enteredMs);
  }

  #limit(): number {
    const limit = this.#options.currentProvider(this.name)?.maxConcurrency;
    return limit === undefined ? Infinity : shareOf(limit, this.#options.share);
  }
}

/** One that wants a place: waits, is in, and is over. */
class Visit {
  readonly entry = new QueueEntry<Visit>(this);
  readonly enteredMs: number;
  readonly #visitor: GateVisitor;
  readonly #gate: Gate;
  #state: 'waiting' | 'in' | 'over' = 'waiting';
  #cancelTimer: (() => void) | null = null;

  constructor(visitor: GateVisitor, gate: Gate, enteredMs: number) {
    this.#visitor = visitor;
    this.#gate = gate;
    this.enteredMs = enteredMs;
  }

  wait(cancelTimer: () => void): void {
    this.#cancelTimer = cancelTimer;
  }

  begin(waitedMs: number): void {
    this.#state = 'in';
    this.#cancelTimer?.();
    this.#visitor.onTurn(this.leave, waitedMs);
  }

  refuse(reason: GateRefusal, waitedMs: number): void {
    this.#state = 'over';
    this.#cancelTimer?.();
    this.#visitor.onRefused(reason, waitedMs);
  }

  readonly leave = (): void => {
    const state = this.#state;
    if (state === 'over') return;
    this.#state = 'over';
    this.#cancelTimer?.();
    this.#gate.onLeft(this, state === 'in');
  };
}
