// The system looks names up on a few threads and cannot be told to stop: a dead name must not take them from the others.
import type { LookupAddress } from 'node:dns';
import type { Resolve } from './checked-lookup.js';

export interface SharedLookupsOptions {
  readonly resolve: Resolve;
  /** How many lookups the system does at once, default 2: half of libuv's 4 threads. */
  readonly threads?: number | undefined;
  /** A lookup that takes longer is slow, default 500 ms; the system's own patience is 5 s and more. */
  readonly slowMs?: number | undefined;
}

type Question = Parameters<Resolve>;
type Waiter = Question[2];
type Addresses = readonly LookupAddress[];

/** One name that is being looked up, and who waits for it. */
interface Lookup {
  readonly key: string;
  readonly hostname: Question[0];
  readonly options: Question[1];
  waiters: Waiter[];
  isStarted: boolean;
  /** It runs, and took too long now or the last time. */
  isSlow: boolean;
  startedMs: number;
  timer: NodeJS.Timeout | null;
}

/** What is known of a name. */
interface Memory {
  addresses: Addresses;
  knownMs: number;
  /** Its last lookup took too long. */
  isSlow: boolean;
}

const DEFAULT_THREADS = 2;
const DEFAULT_SLOW_MS = 500;
/** Answers are used again only while the name server is slow; providers do not move faster than this. */
const REMEMBERED_MS = 300_000;
/** Who has given up waits too, until the lookup ends. Above it, connections fail as unresolved. */
const MAX_WAITERS = 16_384;

/**
 * Looks each name up once at a time; whoever asks meanwhile waits for the same answer. Names that are slow share half of
 * the threads, so others always find one. Whoever waits too long is given the last answer, if it is not old.
 */
export class SharedLookups {
  readonly #resolve: Resolve;
  readonly #threads: number;
  readonly #maxSlow: number;
  readonly #slowMs: number;
  /** Both grow with the names that operators configure, and by nothing else. */
  readonly #lookups = new Map<string, Lookup>();
  readonly #memories = new Map<string, Memory>();
  #running = 0;
  #slow = 0;

  constructor({ resolve, threads = DEFAULT_THREADS, slowMs = DEFAULT_SLOW_MS }: SharedLookupsOptions) {
    this.#resolve = resolve;
    this.#threads = Math.max(1, threads);
    this.#maxSlow = Math.max(1, Math.floor(this.#threads / 2));
    this.#slowMs = slowMs;
  }

  /** May call back before it returns, as the resolver it was given may. */
  readonly resolve: Resolve = (hostname, options, callback) => {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`;
    const known = this.#lookups.get(key);
    if (known === undefined) return this.#begin({ key, hostname, options }, callback);
    const remembered = known.timer === null ? this.#remembered(key) : null;
    if (remembered !== null) callback(null, remembered);
    else if (known.waiters.length < MAX_WAITERS) known.waiters.push(callback);
    else callback(Object.assign(new Error('too many wait for the name'), { code: 'EAI_AGAIN' }), []);
  };

  #begin(question: Pick<Lookup, 'key' | 'hostname' | 'options'>, waiter: Waiter): void {
    const isSlow = this.#memories.get(question.key)?.isSlow ?? false;
    const lookup: Lookup = {
      ...question,
      waiters: [waiter],
      isStarted: false,
      isSlow,
      startedMs: 0,
      timer: null,
    };
    this.#lookups.set(lookup.key, lookup);
    this.#arm(lookup);
    this.#startNext();
  }

  /** In the order in which they were asked for, but slow ones never beyond their share. */
  #startNext(): void {
    for (const lookup of this.#lookups.values()) {
      if (this.#running >= this.#threads) return;
      const mayStart = !lookup.isStarted && (!lookup.isSlow || this.#slow < this.#maxSlow);
      if (mayStart) this.#start(lookup);
    }
  }

  #start(lookup: Lookup): void {
    lookup.isStarted = true;
    lookup.startedMs = performance.now();
    this.#running += 1;
    if (lookup.isSlow) this.#slow += 1;
    this.#arm(lookup);
    try {
      this.#resolve(lookup.hostname, lookup.options, (error, addresses) =>
        this.#finish(lookup, error, addresses),
      );
    } catch (error) {
      this.#finish(lookup, error instanceof Error ? error : new Error(String(error)), []);
    }
  }

  #finish(lookup: Lookup, error: Error | null, addresses: Addresses): void {
    // A resolver that calls back twice, or throws after it has.
    if (this.#lookups.get(lookup.key) !== lookup) return;
    this.#lookups.delete(lookup.key);
    this.#running -= 1;
    if (lookup.isSlow) this.#slow -= 1;
    this.#disarm(lookup);
    this.#remember(lookup, error === null ? addresses : null);
    this.#startNext();
    for (const waiter of lookup.waiters) waiter(error, addresses);
  }

  #remember(lookup: Lookup, addresses: Addresses | null): void {
    const nowMs = performance.now();
    const isSlow = nowMs - lookup.startedMs > this.#slowMs;
    const memory = this.#memories.get(lookup.key);
    if (addresses !== null) this.#memories.set(lookup.key, { addresses, knownMs: nowMs, isSlow });
    else if (memory !== undefined) memory.isSlow = isSlow;
    else this.#memories.set(lookup.key, { addresses: [], knownMs: nowMs, isSlow });
  }

  /** Null when there is nothing, or it is too old. */
  #remembered(key: string): Addresses | null {
    const memory = this.#memories.get(key);
    if (memory === undefined || memory.addresses.length === 0) return null;
    return performance.now() - memory.knownMs < REMEMBERED_MS ? memory.addresses : null;
  }

  #arm(lookup: Lookup): void {
    this.#disarm(lookup);
    lookup.timer = setTimeout(() => this.#onLate(lookup), this.#slowMs).unref();
  }

  #disarm(lookup: Lookup): void {
    if (lookup.timer !== null) clearTimeout(lookup.timer);
    lookup.timer = null;
  }

  #onLate(lookup: Lookup): void {
    lookup.timer = null;
    if (lookup.isStarted && !lookup.isSlow) {
      lookup.isSlow = true;
      this.#slow += 1;
    }
    const remembered = this.#remembered(lookup.key);
    if (remembered === null) return;
    const waiters = lookup.waiters;
    lookup.waiters = [];
    for (const waiter of waiters) waiter(null, remembered);
  }
}
