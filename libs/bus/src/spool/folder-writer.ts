// Writes to the folder of this process, which is made at the start and, when that failed, later by a record that needs it.
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { LOCK_FILE } from './adopt-folders.js';
import { SegmentWriter } from './segment-writer.js';
import type { SpoolFiles } from './spool-files.js';
import type { SpoolFolder, SpoolSegment } from './spool-folder.js';
import { takeSpoolLock } from './spool-lock.js';

/** A folder that could not be made is tried again, but not by every request. */
const RETRY_FOLDER_MS = 1_000;

export interface FolderWriterOptions {
  readonly rootDir: string;
  readonly folder: SpoolFolder;
  readonly segmentBytes: number;
  readonly files: SpoolFiles;
}

/** One folder and its segments. Not for two writers at once. */
export class FolderWriter {
  readonly #options: FolderWriterOptions;
  #segments: SegmentWriter | null = null;
  #retryAt = 0;

  constructor(options: FolderWriterOptions) {
    this.#options = options;
  }

  /** Makes the folder under another name first, so that nobody adopts it before it is locked. @throws on I/O errors */
  open(): void {
    const { rootDir, folder, segmentBytes, files } = this.#options;
    const made = join(rootDir, `.${folder.spoolId}.new`);
    mkdirSync(made, { recursive: true, mode: 0o700 });
    const lock = takeSpoolLock(join(made, LOCK_FILE));
    if (lock === null) throw new Error('somebody else holds the lock of a new spool folder');
    try {
      renameSync(made, folder.dir);
    } catch (error) {
      lock.release();
      throw error;
    }
    folder.lock = lock;
    this.#segments = new SegmentWriter({ folder, segmentBytes, files });
  }

  /** @throws the error of the failed call */
  append(buffer: Buffer, length: number): SpoolSegment {
    if (this.#segments === null) this.#reopen();
    if (this.#segments === null) throw new Error('the spool has no folder to write to');
    return this.#segments.append(buffer, length);
  }

  /** Brings everything to the disk. @returns the errors, at most one for each segment */
  async sync(): Promise<Error[]> {
    return (await this.#segments?.sync()) ?? [];
  }

  /** Syncs and closes; nothing can be appended any more. */
  async close(): Promise<Error[]> {
    const errors = (await this.#segments?.close()) ?? [];
    this.#segments = null;
    this.#retryAt = Infinity;
    return errors;
  }

  #reopen(): void {
    const now = performance.now();
    if (now < this.#retryAt) return;
    this.#retryAt = now + RETRY_FOLDER_MS;
    this.open();
  }
}
