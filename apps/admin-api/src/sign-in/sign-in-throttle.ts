import { isIPv6 } from 'node:net';
import { ProblemError } from '../http/problem.js';

/** So many tries at once, then one more each so often. */
interface Allowance {
  readonly burst: number;
  readonly refillMs: number;
}

const PER_ADDRESS: Allowance = { burst: 20, refillMs: 3_000 };
const PER_USER: Allowance = { burst: 10, refillMs: 6_000 };
/** Addresses and users that are remembered; who is forgotten at the bound has been quiet for longest. */
const MOST_REMEMBERED = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Slows down guessing, by address and by user name; sign-ins that succeed cost nothing. */
export class SignInThrottle {
  private readonly addresses: Buckets;
  private readonly users: Buckets;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.addresses = new Buckets(PER_ADDRESS, now);
    this.users = new Buckets(PER_USER, now);
  }

  /**
   * Takes one try from the address and the user, known or not; the returned function gives it back. Throws ProblemError
   * 429 when either has none left.
   */
  take(address: string, userKey: string): () => void {
    const source = toSource(address);
    const waitMs = Math.max(this.addresses.waitMs(source), this.users.waitMs(userKey));
    if (waitMs > 0) {
      throw new ProblemError('too-many-sign-ins', 'Wait before the next try.', {
        retryAfterS: Math.ceil(waitMs / 1_000),
      });
    }
    this.addresses.change(source, -1);
    this.users.change(userKey, -1);
    return () => {
      this.addresses.change(source, 1);
      this.users.change(userKey, 1);
    };
  }

  /** How much is remembered, for tests of the bound. */
  get size(): number {
    return this.addresses.size + this.users.size;
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
