import { createTestDatabase } from '@sluice/testing';
import { openDatabase, type SluiceDatabase, type StorageLog } from '../database.js';
import { migrateToLatest } from '../migrate-to-latest.js';

/** Says nothing. */
export const silentLog: StorageLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A database of its own with the latest schema; `close` drops it. */
export async function openMigratedDatabase(): Promise<{
  url: string;
  db: SluiceDatabase;
  close: () => Promise<void>;
}> {
  const made = await createTestDatabase();
  const { url } = made;
  await migrateToLatest(url, silentLog);
  const db = openDatabase({ url, poolSize: 4, applicationName: 'storage-test', log: silentLog });
  return {
    url,
    db,
    close: async () => {
      await db.destroy();
      await made.drop();
    },
  };
}
