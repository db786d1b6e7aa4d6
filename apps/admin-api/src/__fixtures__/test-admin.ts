import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Role } from '@sluice/contracts';
import {
  AppUserRepository,
  migrateToLatest,
  openDatabase,
  type SluiceDatabase,
} from '@sluice/storage';
import { createTestDatabase, tempDir } from '@sluice/testing';
import { PasswordHasher } from '../sign-in/password-hash.js';
import { AdminProcess, writeSecrets } from './admin-process.js';

export const ADMIN_PASSWORD = 'correct horse battery';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A migrated database of its own and the service on it, with the user `admin`. */
export interface TestAdmin {
  readonly db: SluiceDatabase;
  readonly databaseUrl: string;
  readonly service: AdminProcess;
  readonly url: string;
  /** What the service was started with; start another one with it. */
  readonly env: Readonly<Record<string, string>>;
  addUser(user: { name: string; password: string; role: Role; teams?: readonly string[] }): Promise<string>;
  close(): Promise<void>;
}

/** Starts it, ready. NATS is away unless the environment names one. */
export async function startTestAdmin(more: Record<string, string> = {}): Promise<TestAdmin> {
  const [dir, database] = await Promise.all([tempDir(), createTestDatabase()]);
  await Promise.all([writeSecrets(dir.path), migrateToLatest(database.url, quiet)]);
  const db = openDatabase({ url: database.url, poolSize: 2, applicationName: 'test', log: quiet });
  const env = {
    DATABASE_URL: database.url,
    NATS_URL: 'nats://127.0.0.1:1',
    SLUICE_DATA_DIR: dir.path,
    SLUICE_ADMIN_PASSWORD: ADMIN_PASSWORD,
    // Not the one that may be built beside us.
    ADMIN_API_DASHBOARD_DIR: join(dir.path, 'no-dashboard'),
    ...more,
  };
  const service = await new AdminProcess(env).ready();
  const hasher = new PasswordHasher();
  return {
    db,
    databaseUrl: database.url,
    service,
    url: await service.url(),
    env,
    addUser: async ({ name, password, role, teams = [] }) => {
      const id = randomUUID();
      const at = new Date();
      const passwordHash = await hasher.hash(password);
      await new AppUserRepository(db).setPassword({ id, name, role, passwordHash, at });
      for (const team of teams) {
        await db
          .insertInto('team')
          .values({ id: team, created_at: at })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        await db.insertInto('team_member').values({ user_id: id, team_id: team, created_at: at }).execute();
      }
      return id;
    },
    close: async () => {
      await service.end('SIGKILL');
      await db.destroy();
      await database.drop();
      await dir.remove();
    },
  };
}

