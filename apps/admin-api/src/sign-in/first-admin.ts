import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type DatabaseMonitor, type DependencyState, type Logger, registerSecret } from '@sluice/service-kit';
import type { AppUserRepository } from '@sluice/storage';
import { ProblemError } from '../http/problem.js';
import type { PasswordHasher } from './password-hash.js';

/** What {@link FirstAdmin} needs. */
export interface FirstAdminOptions {
  readonly users: AppUserRepository;
  readonly hasher: PasswordHasher;
  /** What the operator has set; undefined: a random one when there is nobody yet. */
  readonly password: string | undefined;
  readonly monitor: DatabaseMonitor;
  readonly log: Logger;
  /** Shows a line to the person who started the service. */
  readonly print: (text: string) => void;
}

/** The user that exists from the start. */
export const FIRST_ADMIN = 'admin';

const RANDOM_PASSWORD_BYTES = 18;
const RETRY_MS = 1_000;

/**
 * Sees to it that somebody can sign in: makes the user `admin` with the operator's password, or sets it anew when it is
 * another one than before (which ends that user's sessions); without any, and with no user, makes a random one and prints it
 * once. Several processes may do so at once.
 */
export class FirstAdmin {
  private isReady = false;
  private readonly stopping = new AbortController();

  constructor(private readonly options: FirstAdminOptions) {}

  /** Begins in the background, as soon as the database can be used. */
  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopping.abort(new Error('the service stops'));
  }

  /** Throws ProblemError 503 until the user is there: the password before may still be the old one. */
  checkReady(): void {
    if (this.isReady) return;
    throw new ProblemError('not-ready', 'The service has just started; try again.', { retryAfterS: 1 });
  }

  /** For `/readyz`. */
  check(): DependencyState {
    return { ok: this.isReady, required: true, ...(this.isReady ? {} : { detail: 'not made yet' }) };
  }

  private async run(): Promise<void> {
    const { monitor, log } = this.options;
    const { signal } = this.stopping;
    while (!this.isReady) {
      try {
        await monitor.whenWell(signal);
        await this.ensure();
        this.isReady = true;
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        log.warn({ err: error }, 'the first user could not be made or checked; trying on');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async ensure(): Promise<void> {
    const { users, password, log, print } = this.options;
    const generated = await users.alone(async (inside) => {
      if (password !== undefined) {
        if (await this.setPassword(inside, password)) log.info({ user: FIRST_ADMIN }, 'password set');
        return undefined;
      }
      if (await inside.hasAny()) return undefined;
      const random = randomBytes(RANDOM_PASSWORD_BYTES).toString('base64url');
      await this.setPassword(inside, random);
      return random;
    });
    if (generated === undefined) return;
    registerSecret(generated);
    print(`Sluice dashboard: user ${FIRST_ADMIN}, password ${generated} (shown only now)`);
  }

  /** True when it was another one before, or none. */
  private async setPassword(users: AppUserRepository, password: string): Promise<boolean> {
    const { hasher } = this.options;
    const known = await users.findByName(FIRST_ADMIN);
    const isSame = known?.role === 'admin' && (await hasher.verify(password, known.password_hash));
    if (isSame) return false;
    await users.setPassword({
      id: randomUUID(),
      name: FIRST_ADMIN,
      role: 'admin',
      passwordHash: await hasher.hash(password),
      at: new Date(),
    });
    return true;
  }
}
