import { randomUUID } from 'node:crypto';
import {
  COOLDOWN_MAX_MS,
  type CooldownFact,
  COOLDOWNS_BUCKET,
  cooldownFactSchema,
  toSubjectToken,
} from '@sluice/contracts';
import { type BusLog, toErrorFacts } from '../bus-log.js';
import type { NatsLink } from '../nats-connection.js';
import { Bucket, type BucketEntry } from './bucket.js';
import { parseJson } from './parse-json.js';

/** A cooldown as this process tells it. */
export type NewCooldown = Omit<CooldownFact, 'forMs' | 'instance'>;

/** What {@link SharedCooldowns} works with. It does not own the connection. */
export interface SharedCooldownsOptions {
  readonly nats: NatsLink;
  readonly instance: string;
  readonly log: BusLog;
  /**
   * A peer was told something that ends later than what was known. `untilMs` is by this machine's clock and never further
   * away than 24 h. Must not throw.
   */
  readonly onFact: (fact: CooldownFact) => void;
  /** Wall clock, ms. Only tests set it. */
  readonly now?: () => number;
  /** How often the bucket is compared with what is known. Default 15 s. */
  readonly listIntervalMs?: number;
  /** Facts that are remembered, of this process and of others each. Default 10 000. */
  readonly maxFacts?: number;
}

const LIST_INTERVAL_MS = 15_000;
/** A provider that says 429 to hundreds at once: what they say is put together for so long. */
const GATHER_MS = 20;
/** Above it a fact of this process is not shared; a peer's is applied when it is heard, and from a listing only when there is room. */
const MAX_FACTS = 10_000;

/** A peer's fact as it was applied. */
interface HeardFact {
  /** By this machine's clock. */
  readonly untilMs: number;
  /** By the writer's clock: tells its facts of one key apart, and is compared with nothing else. */
  readonly writerUntilMs: number;
}

/**
 * Facts about credentials, shared by all edges through the bucket `sluice_cooldowns`. A fact only ever extends: each process
 * writes keys of its own, a shorter one is not written, and a reader takes the longest. What cannot be sent while NATS is away
 * is sent when it is back, if it is still true. Nothing here waits, and nothing is law: it is what a provider told a peer.
 */
export class SharedCooldowns {
  readonly #options: SharedCooldownsOptions;
  readonly #bucket: Bucket;
  readonly #now: () => number;
  readonly #maxFacts: number;
  /** The last token of this process's keys: another run of the same instance must not overwrite what this one said. */
  readonly #writer = randomUUID();
  /** By key. */
  readonly #own = new Map<string, CooldownFact>();
  readonly #heard = new Map<string, HeardFact>();
  readonly #unsent = new Set<string>();
  #gatherTimer: NodeJS.Timeout | null = null;
  #listTimer: NodeJS.Timeout | null = null;
  #stopListening: () => void = () => undefined;
  #isListing = false;
  #isListed = true;
  #isStopped = false;

  constructor(options: SharedCooldownsOptions) {
    this.#options = options;
    this.#bucket = new Bucket(options.nats, COOLDOWNS_BUCKET);
    this.#now = options.now ?? Date.now;
    this.#maxFacts = options.maxFacts ?? MAX_FACTS;
  }

  /** Begins to listen as soon as NATS is there. */
  start(): void {
    const { nats, listIntervalMs } = this.#options;
    void nats.ready.then(
      (connection) => {
        if (this.#isStopped) return;
        const subscription = this.#bucket.listen(connection, (entry) => this.#hear(entry));
        const stopWatching = nats.onChange((isConnected) => {
          if (isConnected) void this.#compare();
        });
        this.#stopListening = () => {
          subscription.unsubscribe();
          stopWatching();
        };
        void this.#compare();
      },
      () => undefined, // The link was closed before it was there.
    );
    this.#listTimer = setInterval(() => void this.#compare(), listIntervalMs ?? LIST_INTERVAL_MS);
    this.#listTimer.unref();
  }

  /** Facts stay in the bucket: a credential cools down whoever is there. */
  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    if (this.#listTimer !== null) clearInterval(this.#listTimer);
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    this.#sendUnsent();
  }

  /** Tells all others. What ends no later than what this process said before is nothing new. Never waits, never throws. */
  share(cooldown: NewCooldown): void {
    const nowMs = this.#now();
    const untilMs = Math.min(cooldown.untilMs, nowMs + COOLDOWN_MAX_MS);
    const key = this.#toKey(cooldown);
    if (untilMs <= nowMs || untilMs <= (this.#own.get(key)?.untilMs ?? 0)) return;
    if (this.#own.size >= this.#maxFacts) this.#forgetPast();
    if (this.#own.size >= this.#maxFacts && !this.#own.has(key)) return;
    const forMs = untilMs - nowMs;
    this.#own.set(key, { ...cooldown, untilMs, forMs, instance: this.#options.instance });
    this.#unsent.add(key);
    if (this.#gatherTimer !== null) return;
    this.#sendUnsent();
    this.#gatherTimer = setTimeout(() => {
      this.#gatherTimer = null;
      this.#sendUnsent();
    }, GATHER_MS);
  }

  #sendUnsent(): void {
    for (const key of this.#unsent) if (this.#send(key)) this.#unsent.delete(key);
  }

  #send(key: string): boolean {
    const fact = this.#own.get(key);
    if (fact === undefined) return true;
    const forMs = Math.max(0, fact.untilMs - this.#now());
    return this.#bucket.put(key, JSON.stringify({ ...fact, forMs }));
  }

  #toKey(fact: NewCooldown): string {
    return [fact.provider, fact.credential, fact.providerModel ?? '', fact.kind, this.#writer]
      .map(toSubjectToken)
      .join('.');
  }

  #isOwn(key: string): boolean {
    return key.endsWith(`.${this.#writer}`);
  }

  /** Calls back when the entry says something new. */
  #hear(entry: BucketEntry): void {
    if (this.#isOwn(entry.key)) return;
    const read = cooldownFactSchema.safeParse(parseJson(entry.text));
    if (!read.success) {
      this.#options.log.warn(
        { key: entry.key.slice(0, 256) },
        'a shared cooldown cannot be read and is left out',
      );
      return;
    }
    const known = this.#heard.get(entry.key);
    // A listing says again what was heard: the ways of its messages must not make it longer each time.
    if (known?.writerUntilMs === read.data.untilMs) return;
    const nowMs = this.#now();
    // The writer's clock may be wrong: what counts is how long it was, and how long ago by the server's clock.
    const untilMs = Math.ceil(nowMs + Math.min(read.data.forMs, COOLDOWN_MAX_MS) - entry.ageMs);
    if (untilMs <= nowMs || untilMs <= (known?.untilMs ?? 0)) return;
    const isRemembered = known !== undefined || this.#heard.size < this.#maxFacts;
    // It would be told again by each listing.
    if (!isRemembered && entry.storedAtMs !== null) return;
    if (isRemembered) this.#heard.set(entry.key, { untilMs, writerUntilMs: read.data.untilMs });
    this.#options.onFact({ ...read.data, untilMs });
  }

  /** Lists the bucket: hears what was missed, and puts again what it lacks of this process's own. Never throws. */
  async #compare(): Promise<void> {
    if (this.#isListing || this.#isStopped || !this.#options.nats.isConnected()) return;
    this.#isListing = true;
    this.#forgetPast();
    try {
      const stored = new Map<string, number>();
      for (const entry of await this.#bucket.list()) {
        if (this.#isOwn(entry.key)) stored.set(entry.key, untilOf(entry));
        else this.#hear(entry);
      }
      // What is stored of this process's own was written by its own clock.
      for (const [key, { untilMs }] of this.#own) if (untilMs > (stored.get(key) ?? 0)) this.#send(key);
      this.#isListed = true;
    } catch (error) {
      if (this.#isListed && this.#options.nats.isConnected()) {
        this.#options.log.warn(
          toErrorFacts(error),
          'the shared cooldowns cannot be listed; it is tried again',
        );
      }
      this.#isListed = false;
    } finally {
      this.#isListing = false;
    }
  }

  #forgetPast(): void {
    const nowMs = this.#now();
    for (const [key, { untilMs }] of this.#own) if (untilMs <= nowMs) this.#own.delete(key);
    for (const [key, { untilMs }] of this.#heard) if (untilMs <= nowMs) this.#heard.delete(key);
  }
}

function untilOf(entry: BucketEntry): number {
  const read = cooldownFactSchema.safeParse(parseJson(entry.text));
  return read.success ? read.data.untilMs : 0;
}
