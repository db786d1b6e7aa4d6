import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ALL_TEAMS, type OpenSession, type SessionLimits, type UserSessionRepository } from '@sluice/storage';
import type { DatabaseGate } from '../http/database-gate.js';
import type { Caller } from './caller.js';

/** What {@link Sessions} need. */
export interface SessionsOptions {
  readonly repository: UserSessionRepository;
  readonly database: DatabaseGate;
  /** Key of the digests, 32 characters and more. */
  readonly secret: string;
  /** True: the service is behind TLS. */
  readonly secureCookie: boolean;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
}

const TOKEN_BYTES = 32;
/** A session ends when it was not used for so long, … */
const LONGEST_IDLE_MS = 30 * 60_000;
/** … and at this age in any case. */
const LONGEST_LIFE_MS = 12 * 60 * 60_000;
/** Use is noted at most so often: a page that asks every second is not a write every second. */
const TOUCH_AFTER_MS = 60_000;

/** Sessions in Postgres. The token is in the cookie alone; the table has its HMAC. */
export class Sessions {
  constructor(private readonly options: SessionsOptions) {}

  /** Begins a session and returns its token. Throws ProblemError while the database is away. */
  async begin(userId: string): Promise<string> {
    const { repository, database, now } = this.options;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const at = new Date(now());
    await database.ask(() =>
      repository.begin({ tokenHash: this.hash(token), userId, at, limits: this.limits() }),
    );
    return token;
  }

  /** Whose token it is, undefined when its session has ended; notes that it was used. Throws as {@link begin}. */
  async find(token: string): Promise<Caller | undefined> {
    const { repository, database, now } = this.options;
    const tokenHash = this.hash(token);
    return database.ask(async () => {
      const session = await repository.find(tokenHash, this.limits());
      if (session === undefined) return undefined;
      const at = new Date(now());
      const isOld = at.getTime() - session.lastSeenAt.getTime() >= TOUCH_AFTER_MS;
      if (isOld) await repository.touch(tokenHash, at);
      return toCaller(tokenHash, isOld ? { ...session, lastSeenAt: at } : session);
    });
  }

  /** Of these sessions, those that go on and whose person sees all teams. Is no use of them. Throws as {@link begin}. */
  async findOpenOfAdmins(tokenHashes: readonly string[]): Promise<ReadonlySet<string>> {
    const { repository, database } = this.options;
    return new Set(await database.ask(() => repository.findOpenOfAdmins(tokenHashes, this.limits())));
  }

  /** Of these sessions those that go on, with whose they are, by the digest. Is no use of them. Throws as {@link begin}. */
  async findCallers(tokenHashes: readonly string[]): Promise<ReadonlyMap<string, Caller>> {
    const { repository, database } = this.options;
    const sessions = await database.ask(() => repository.findMany(tokenHashes, this.limits()));
    return new Map(sessions.map((session) => [session.tokenHash, toCaller(session.tokenHash, session)]));
  }

  /** Ends the session. Throws as {@link begin}. */
  async end(tokenHash: string): Promise<void> {
    const { repository, database } = this.options;
    await database.ask(() => repository.end(tokenHash));
  }

  /** True when the request came by TLS, as far as we can know. */
  isTls(request: IncomingMessage): boolean {
    return this.options.secureCookie || ('encrypted' in request.socket && request.socket.encrypted === true);
  }

  private hash(token: string): string {
    return createHmac('sha256', this.options.secret).update(token).digest('hex');
  }

  private limits(): SessionLimits {
    const nowMs = this.options.now();
    return {
      createdAfter: new Date(nowMs - LONGEST_LIFE_MS),
      seenAfter: new Date(nowMs - LONGEST_IDLE_MS),
    };
  }
}

function toCaller(tokenHash: string, session: OpenSession): Caller {
  const endsAtMs = Math.min(
    session.lastSeenAt.getTime() + LONGEST_IDLE_MS,
    session.createdAt.getTime() + LONGEST_LIFE_MS,
  );
  return {
    userName: session.userName,
    role: session.role,
    scope: session.role === 'admin' ? ALL_TEAMS : { kind: 'teams', teamIds: session.teamIds },
    tokenHash,
    expiresAt: new Date(endsAtMs),
  };
}
