import type { SignIn } from '@sluice/contracts';
import type { Logger } from '@sluice/service-kit';
import { type AppUserRepository, toNameKey } from '@sluice/storage';
import type { DatabaseGate } from '../http/database-gate.js';
import { ProblemError } from '../http/problem.js';
import type { FirstAdmin } from './first-admin.js';
import type { PasswordHasher } from './password-hash.js';
import type { Sessions } from './sessions.js';
import type { SignInThrottle } from './sign-in-throttle.js';

/** What a {@link SignInDesk} needs. */
export interface SignInDeskOptions {
  readonly users: AppUserRepository;
  readonly database: DatabaseGate;
  readonly hasher: PasswordHasher;
  readonly throttle: SignInThrottle;
  readonly sessions: Sessions;
  readonly firstAdmin: FirstAdmin;
  readonly log: Logger;
}

/** Where passwords are checked. */
export class SignInDesk {
  constructor(private readonly options: SignInDeskOptions) {}

  /**
   * The token of a new session. Throws ProblemError: 401, the same for an unknown user and a wrong password; 429 after too
   * many of them; 503 while the database is away.
   */
  async signIn({ user, password }: SignIn, address: string): Promise<string> {
    const { users, database, hasher, throttle, sessions, firstAdmin, log } = this.options;
    firstAdmin.checkReady();
    const attempt = throttle.take(address, toNameKey(user));
    let known: Awaited<ReturnType<AppUserRepository['findByName']>>;
    let isRight: boolean;
    try {
      known = await database.ask(() => users.findByName(user));
      isRight = await hasher.verify(password, known?.password_hash);
    } catch (error) {
      // Nothing was learnt about a password.
      attempt.giveBack();
      throw error;
    }
    if (known === undefined || !isRight) {
      // No name: people type passwords into the wrong field.
      log.warn({ address, isKnownUser: known !== undefined }, 'a sign-in failed');
      throw new ProblemError('sign-in-failed', 'User and password do not belong together.');
    }
    attempt.succeed();
    const token = await sessions.begin(known.id);
    log.info({ user: known.name, address }, 'signed in');
    return token;
  }
}
