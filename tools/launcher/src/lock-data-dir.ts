import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held until `release` or the end of the process, however it ends. */
export interface DataDirLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Takes the data folder for this process, making the folder if need be: an exclusive transaction on a SQLite file,
 * whose lock the system takes back when the process dies. @throws Error when another launcher has it
 */
export function lockDataDir(dataDir: string): DataDirLock {
  // Root's Postgres runs as another user, who has to pass through; what is secret has its own closed folder.
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const database = new DatabaseSync(join(dataDir, 'launcher.lock'), { timeout: 0 });
  try {
    database.exec('pragma journal_mode = off; begin exclusive');
  } catch (error) {
    database.close();
    // node:sqlite's errors carry SQLite's own code; the low byte is the primary one.
    if ((((error as { errcode?: number }).errcode ?? 0) & 0xff) !== SQLITE_BUSY) throw error;
    throw new Error(
      `Another launcher runs in ${dataDir}. Stop it (Ctrl-C there), or set SLUICE_DATA_DIR to another folder.`,
      { cause: error },
    );
  }
  return { release: () => database.close() };
}
