import { isIPv6 } from 'node:net';
import { ProblemError } from '../http/problem.js';

/** So many tries at once, then one more each so often. */
interface Allowance {
  readonly burst: number;
  readonly refillMs: number;
}

const PER_ADDRESS: Allowance = { burst: 20, refillMs: 3_000 };
const PER_USER_AND_ADDRESS: Allowance = { burst: 10, refillMs: 6_000 };
/** Far wider: it slows down who guesses from many addresses, and one address cannot use it up for a user. */
const PER_USER: Allowance = { burst: 100, refillMs: 600 };
/** Of each kind; who is forgotten at the bound has been quiet for longest. */
const MOST_REMEMBERED = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A try that was let through; one of the two is called when it costs nothing. */
export interface SignInTry {
  /** Nothing was learnt about a password. */
  giveBack(): void;
  /** The password was right: from here this user is let in however many guess elsewhere. */
  succeed(): void;
}

/**
 * Slows down guessing, by address and by user name; sign-ins that succeed cost nothing. Who guesses takes tries from their
 * own address only, so nobody can lock a user out from elsewhere.
 */
export class SignInThrottle {
  private readonly addresses: Buckets;
  private readonly pairs: Buckets;
  private readonly users: Buckets;
  /** Users with the addresses they have signed in from, in the order of the last time. */
  private readonly known = new Set<string>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.addresses = new Buckets(PER_ADDRESS, now);
    this.pairs = new Buckets(PER_USER_AND_ADDRESS, now);
    this.users = new Buckets(PER_USER, now);
  }

  /** Takes one try from the address and the user, known or not. Throws ProblemError 429 when either has none left. */
  take(address: string, userKey: string): SignInTry {
    const source = toSource(address);
    // No address has a space.
    const pair = `${source} ${userKey}`;
    const taken: readonly (readonly [Buckets, string])[] = [
      [this.addresses, source],
      [this.pairs, pair],
      ...(this.known.has(pair) ? [] : [[this.users, userKey] as const]),
    ];
    const waitMs = Math.max(...taken.map(([buckets, key]) => buckets.waitMs(key)));
    if (waitMs > 0) {
      throw new ProblemError('too-many-sign-ins', 'Wait before the next try.', {
        retryAfterS: Math.ceil(waitMs / 1_000),
      });
    }
    for (const [buckets, key] of taken) buckets.change(key, -1);
    const giveBack = (): void => {
      for (const [buckets, key] of taken) buckets.change(key, 1);
    };
    return {
      giveBack,
      succeed: () => {
        giveBack();
        this.remember(pair);
      },
    };
  }

  /** How much is remembered, for tests of the bound. */
  get size(): number {
    return this.addresses.size + this.pairs.size + this.users.size + this.known.size;
  }

  private remember(pair: string): void {
    this.known.delete(pair);
    this.known.add(pair);
    const [oldest] = this.known;
    if (this.known.size > MOST_REMEMBERED && oldest !== undefined) this.known.delete(oldest);
  }
}

class Buckets {
  /** In the order of their last change. */
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly allowance: Allowance,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.buckets.size;
  }

  /** 0 when there is a try left. */
  waitMs(key: string): number {
    return Math.max(0, (1 - this.tokensOf(key)) * this.allowance.refillMs);
  }

  change(key: string, by: number): void {
    const tokens = Math.min(this.allowance.burst, this.tokensOf(key) + by);
    this.buckets.delete(key);
    // A full bucket is as good as none.
    if (tokens < this.allowance.burst) this.buckets.set(key, { tokens, atMs: this.now() });
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > MOST_REMEMBERED && oldest !== undefined) this.buckets.delete(oldest);
  }

  private tokensOf(key: string): number {
    const { burst, refillMs } = this.allowance;
    const bucket = this.buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tokens + (this.now() - bucket.atMs) / refillMs);
  }
}

/** One network of IPv6 is one source: whoever has one has all its addresses. */
function toSource(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}
