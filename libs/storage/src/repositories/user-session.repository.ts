import { type RawBuilder, sql } from 'kysely';
import type { Role } from '@sluice/contracts';
import type { SluiceDatabase } from '../database.js';

/** A session that has not ended, and who it is of, as they are now. */
export interface OpenSession {
  readonly userId: string;
  readonly userName: string;
  readonly role: Role;
  /** In the order of their names. */
  readonly teamIds: readonly string[];
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

/** Sessions that began before, or were last seen before, have ended. */
export interface SessionLimits {
  readonly createdAfter: Date;
  readonly seenAfter: Date;
}

/** More at a time are nobody's: the oldest of a person ends when the next begins. */
const MOST_SESSIONS_OF_ONE = 50;
/** A sign-in clears away a part of what has ended: the table stays small without a job of its own. */
const MOST_CLEARED = 1_000;

/** Reads and writes of `user_session`. Tokens come as keyed digests only. */
export class UserSessionRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** Begins a session; clears some that have ended, and this person's oldest beyond 50. */
  async begin(session: {
    readonly tokenHash: string;
    readonly userId: string;
    readonly at: Date;
    readonly limits: SessionLimits;
  }): Promise<void> {
    await this.db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('user_session')
        .values({
          token_hash: session.tokenHash,
          user_id: session.userId,
          created_at: session.at,
          last_seen_at: session.at,
        })
        .execute();
      await this.clearSql(session.limits).execute(transaction);
      await this.clearOldestSql(session.userId).execute(transaction);
    });
  }

  /** The session of this token when it has not ended. */
  async find(tokenHash: string, limits: SessionLimits): Promise<OpenSession | undefined> {
    const { rows } = await this.findSql(tokenHash, limits).execute(this.db);
    return rows[0];
  }

  /** Those of these tokens' sessions that have not ended. */
  async findMany(
    tokenHashes: readonly string[],
    limits: SessionLimits,
  ): Promise<(OpenSession & { readonly tokenHash: string })[]> {
    const { rows } = await this.findManySql(tokenHashes, limits).execute(this.db);
    return rows;
  }

  /** Which of these tokens have a session that has not ended, and may see all teams. */
  async findOpenOfAdmins(tokenHashes: readonly string[], limits: SessionLimits): Promise<string[]> {
    const { rows } = await this.findOpenOfAdminsSql(tokenHashes, limits).execute(this.db);
    return rows.map((row) => row.token_hash);
  }

  /** Notes that the session was used. */
  async touch(tokenHash: string, at: Date): Promise<void> {
    await this.db
      .updateTable('user_session')
      .set({ last_seen_at: at })
      .where('token_hash', '=', tokenHash)
      .where('last_seen_at', '<', at)
      .execute();
  }

  async end(tokenHash: string): Promise<void> {
    await this.db.deleteFrom('user_session').where('token_hash', '=', tokenHash).execute();
  }

  /** The queries themselves, for the test that compares their text with `__sql__/`. */
  findSql(tokenHash: string, limits: SessionLimits): RawBuilder<OpenSession> {
    return sql<OpenSession>`select u.id as "userId", u.name as "userName", u.role,
  array(select m.team_id from team_member m where m.user_id = u.id order by m.team_id) as "teamIds",
  s.created_at as "createdAt", s.last_seen_at as "lastSeenAt"
from user_session s join app_user u on u.id = s.user_id
where s.token_hash = ${tokenHash} and s.created_at > ${limits.createdAfter} and s.last_seen_at > ${limits.seenAfter}`;
  }

  /** @see findSql */
  findManySql(
    tokenHashes: readonly string[],
    limits: SessionLimits,
  ): RawBuilder<OpenSession & { readonly tokenHash: string }> {
    return sql<
      OpenSession & { readonly tokenHash: string }
    >`select s.token_hash as "tokenHash", u.id as "userId", u.name as "userName", u.role,
  array(select m.team_id from team_member m where m.user_id = u.id order by m.team_id) as "teamIds",
  s.created_at as "createdAt", s.last_seen_at as "lastSeenAt"
from user_session s join app_user u on u.id = s.user_id
where s.token_hash = any(${tokenHashes}::text[])
  and s.created_at > ${limits.createdAfter} and s.last_seen_at > ${limits.seenAfter}`;
  }

  /** @see findSql */
  findOpenOfAdminsSql(
    tokenHashes: readonly string[],
    limits: SessionLimits,
  ): RawBuilder<{ token_hash: string }> {
    return sql<{ token_hash: string }>`select s.token_hash
from user_session s join app_user u on u.id = s.user_id
where s.token_hash = any(${tokenHashes}::text[]) and u.role = 'admin'
  and s.created_at > ${limits.createdAfter} and s.last_seen_at > ${limits.seenAfter}`;
  }

  /** @see findSql */
  clearSql(limits: SessionLimits): RawBuilder<unknown> {
    return sql`delete from user_session where token_hash = any(array(
  select token_hash from user_session
  where last_seen_at <= ${limits.seenAfter} or created_at <= ${limits.createdAfter}
  limit ${MOST_CLEARED} for update skip locked))`;
  }

  /** @see findSql */
  clearOldestSql(userId: string): RawBuilder<unknown> {
    return sql`delete from user_session where token_hash = any(array(
  select token_hash from user_session where user_id = ${userId}
  order by created_at desc offset ${MOST_SESSIONS_OF_ONE}))`;
  }
}
