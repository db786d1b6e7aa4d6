// What is durable of the continuous export: one SQLite file beside the parts. Its transaction joins the part's offset
// with the numbers in it, it needs no other server, and its lock keeps a second writer out of the folder.
import { DatabaseSync } from 'node:sqlite';
import type { NumberRanges } from './number-ranges.js';

/** The file that is being appended to. */
export interface OpenPart {
  /** Without folder and ending, e.g. `requests-2026-11-22T23`. */
  readonly name: string;
  /** Epoch ms from which it takes no more. */
  readonly endsAtMs: number;
  /** What is behind this offset was never acked. */
  readonly committedBytes: number;
}

/** Which numbers of one spool are in the files, and which never will be. */
export interface SpoolProgress {
  readonly applied: NumberRanges;
  readonly dead: NumberRanges;
}

/** What one transaction changes. */
export interface StateChange {
  /** Undefined: no part is open. */
  readonly part: OpenPart | undefined;
  readonly progress?: ReadonlyMap<string, SpoolProgress>;
}

const NO_PROGRESS: SpoolProgress = Object.freeze({ applied: [], dead: [] });
/** 5 and 6 are SQLITE_BUSY and SQLITE_LOCKED. */
const LOCKED = [5, 6];

/** Durable when a call returns. Every call may throw what SQLite throws; {@link close} and open it again then. */
export class ExportState {
  private constructor(private readonly database: DatabaseSync) {}

  /** Throws an Error that names the file when another process has it. */
  static open(path: string): ExportState {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      // The lock is taken by the first write and kept until the file is closed.
      database.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;
        begin immediate;
        create table if not exists part (only_one integer primary key check (only_one = 1), name text not null,
          ends_at_ms integer not null, committed_bytes integer not null) strict;
        create table if not exists progress (spool_id text primary key, applied text not null, dead text not null) strict;
        commit`);
      return new ExportState(database);
    } catch (error) {
      database.close();
      if (!isLocked(error)) throw error;
      throw new Error(`${path} is in use: one export service writes to a folder; stop the other one`, {
        cause: error,
      });
    }
  }

  part(): OpenPart | undefined {
    const row = this.database.prepare('select name, ends_at_ms, committed_bytes from part').get();
    if (row === undefined) return undefined;
    return {
      name: String(row['name']),
      endsAtMs: Number(row['ends_at_ms']),
      committedBytes: Number(row['committed_bytes']),
    };
  }

  progressOf(spoolId: string): SpoolProgress {
    const row = this.database.prepare('select applied, dead from progress where spool_id = ?').get(spoolId);
    if (row === undefined) return NO_PROGRESS;
    // Written below, by nobody else.
    const ranges = (text: unknown): NumberRanges => JSON.parse(String(text)) as NumberRanges;
    return { applied: ranges(row['applied']), dead: ranges(row['dead']) };
  }

  commit({ part, progress }: StateChange): void {
    this.database.exec('begin immediate; delete from part');
    try {
      if (part !== undefined) {
        this.database
          .prepare('insert into part values (1, ?, ?, ?)')
          .run(part.name, part.endsAtMs, part.committedBytes);
      }
      const put = this.database.prepare('insert or replace into progress values (?, ?, ?)');
      for (const [spoolId, { applied, dead }] of progress ?? []) {
        put.run(spoolId, JSON.stringify(applied), JSON.stringify(dead));
      }
      this.database.exec('commit');
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('rollback');
      throw error;
    }
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && LOCKED.some((code) => code === error.errcode);
