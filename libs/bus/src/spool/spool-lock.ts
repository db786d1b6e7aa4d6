// One owner for a folder: an exclusive transaction on a SQLite file. The system drops it with the process, however
// that ends. Do not open the file with anything else in this process: closing it would release the lock.
import { DatabaseSync } from 'node:sqlite';

/** A held lock. */
export interface SpoolLock {
  /** Frees the lock; the file stays. Never throws. */
  release(): void;
}

/** Takes the lock, or returns null when another owner, in this process or another, holds it. @throws on I/O errors. */
export function takeSpoolLock(path: string): SpoolLock | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // No journal file: nothing is ever written.
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    // 5 and 6 are SQLITE_BUSY and SQLITE_LOCKED.
    if (error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6))
      return null;
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}
