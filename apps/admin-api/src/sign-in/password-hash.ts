import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { ProblemError } from '../http/problem.js';

// promisify picks the last overload, which is the one with options.
const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** 32 MiB and about 0.2 s of one core for each: OWASP's second choice, which fits small machines. */
const COST = { log2N: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Twice what the cost above needs; hashes made with more than that are not ours. */
const MOST_MEMORY_BYTES = 128 * 1024 * 1024;
/** At a time: each holds a thread of the pool and 32 MiB. */
const MOST_RUNNING = 2;
/** More are turned away: who waits behind these waits seconds. */
const MOST_WAITING = 16;
const RETRY_AFTER_S = 2;

/** Makes and checks password hashes, few at a time. */
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly nobodys = this.hash(randomBytes(SALT_BYTES).toString('hex'));

  constructor() {
    // Whoever needs it hears of its failure.
    this.nobodys.catch(() => undefined);
  }

  /** `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, base64. Throws ProblemError 503 when too many wait. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const key = await this.derive(password, salt, COST);
    return ['scrypt', COST.log2N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join('$');
  }

  /** False also for no hash, after the same work as for a real one. Throws as {@link hash}. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const [kind, log2N, r, p, salt = '', key = ''] = (hash ?? (await this.nobodys)).split('$');
    if (kind !== 'scrypt') throw new Error('a password hash of an unknown kind');
    const wanted = Buffer.from(key, 'base64');
    const cost = { log2N: Number(log2N), r: Number(r), p: Number(p) };
    const found = await this.derive(password, Buffer.from(salt, 'base64'), cost);
    return wanted.length === found.length && timingSafeEqual(wanted, found) && hash !== undefined;
  }

  private async derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
    await this.turn();
    try {
      const { log2N, r, p } = cost;
      // The same password typed on another keyboard may be other code points.
      return await scryptAsync(password.normalize('NFKC'), salt, KEY_BYTES, {
        N: 2 ** log2N,
        r,
        p,
        maxmem: MOST_MEMORY_BYTES,
      });
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private async turn(): Promise<void> {
    if (this.running < MOST_RUNNING) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= MOST_WAITING) {
      throw new ProblemError('too-busy', 'Many sign in at this moment; try again.', {
        retryAfterS: RETRY_AFTER_S,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
