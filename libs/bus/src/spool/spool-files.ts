import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** The calls by which a segment is written, so that tests can let them fail. Same semantics as `node:fs`. */
export interface SpoolFiles {
  openSync(path: string, flags: string, mode: number): number;
  writeSync(fd: number, buffer: Buffer, offset: number, length: number, position: number): number;
  ftruncateSync(fd: number, length: number): void;
  closeSync(fd: number): void;
  fdatasync(fd: number, done: (error: Error | null) => void): void;
}

/** The real ones. */
export const nodeSpoolFiles: SpoolFiles = { openSync, writeSync, ftruncateSync, closeSync, fdatasync };
