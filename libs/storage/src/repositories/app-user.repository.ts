import { type SelectQueryBuilder, sql } from 'kysely';
import type { Role } from '@sluice/contracts';
import type { SluiceDatabase } from '../database.js';
import type { SluiceSchema } from '../sluice-schema.js';
import { type AppUserTable, toNameKey } from '../tables/app-user.table.js';

/** What a sign-in needs to know of a person. */
export type AppUserCredentials = Pick<AppUserTable, 'id' | 'name' | 'role' | 'password_hash'>;

/** A person to add, or a new password for the one of that name. Id and time are used as given. */
export interface AppUserWithPassword {
  /** Used when the person is new. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly at: Date;
}

// Any number that nothing else locks: "user" in ASCII.
const USERS_LOCK = 0x75736572;

/** Reads and writes of `app_user`. */
export class AppUserRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** The person of that name, however it is written. */
  findByName(name: string): Promise<AppUserCredentials | undefined> {
    return this.findByNameQuery(name).executeTakeFirst();
  }

  async hasAny(): Promise<boolean> {
    const row = await this.db
      .selectNoFrom((eb) => eb.exists(eb.selectFrom('app_user').select('id')).as('found'))
      .executeTakeFirstOrThrow();
    return Boolean(row.found);
  }

  /**
   * Runs the work in one transaction that no other process's work of this kind overlaps. Its repository sees and writes
   * inside the transaction.
   */
  alone<Result>(work: (users: AppUserRepository) => Promise<Result>): Promise<Result> {
    return this.db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${USERS_LOCK})`.execute(transaction);
      return work(new AppUserRepository(transaction));
    });
  }

  /** Adds the person, or sets role and password of the one who has the name; in that case all sessions end. Call it {@link alone}. */
  async setPassword(user: AppUserWithPassword): Promise<void> {
    const { id } = await this.db
      .insertInto('app_user')
      .values({
        id: user.id,
        name: user.name,
        name_key: toNameKey(user.name),
        role: user.role,
        password_hash: user.passwordHash,
        must_change_password: false,
        created_at: user.at,
        updated_at: user.at,
      })
      .onConflict((conflict) =>
        conflict.column('name_key').doUpdateSet({
          role: user.role,
          password_hash: user.passwordHash,
          must_change_password: false,
          updated_at: user.at,
        }),
      )
      .returning('id')
      .executeTakeFirstOrThrow();
    await this.db.deleteFrom('user_session').where('user_id', '=', id).execute();
  }

  /** The query itself, for the test that compares its text with `__sql__/`. */
  findByNameQuery(name: string): SelectQueryBuilder<SluiceSchema, 'app_user', AppUserCredentials> {
    return this.db
      .selectFrom('app_user')
      .select(['id', 'name', 'role', 'password_hash'])
      .where('name_key', '=', toNameKey(name));
  }
}
