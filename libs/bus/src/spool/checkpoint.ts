// What a spool remembers of its PubAcks: `checkpoint.json`, a CRC on the first line, JSON on the second. It only
// saves work: without it everything on disk is sent again, which consumers take as a repetition.
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { SequenceRange } from './sequence-set.js';
import type { SpooledStream } from './spooled-streams.js';

/** The state of one stream in a spool. */
export interface StreamProgress {
  /** Highest number taken. */
  readonly last: number;
  /** Numbers with a PubAck. */
  readonly acked: readonly SequenceRange[];
  /** Numbers that were taken and not stored, or can never be published. */
  readonly dropped: readonly SequenceRange[];
}

/** The content of a checkpoint. */
export interface SpoolCheckpoint {
  readonly spoolId: string;
  readonly streams: Partial<Record<SpooledStream, StreamProgress>>;
}

const FILE_NAME = 'checkpoint.json';

/** Reads a folder's checkpoint; null when there is none or it is damaged. Never throws. */
export function readCheckpoint(dir: string): SpoolCheckpoint | null {
  try {
    const text = readFileSync(join(dir, FILE_NAME), 'utf8');
    const [sum, json] = text.split('\n');
    if (json === undefined || sum !== toSum(json)) return null;
    // The CRC says that these are the bytes that writeCheckpoint wrote.
    return JSON.parse(json) as SpoolCheckpoint;
  } catch {
    return null;
  }
}

/** Replaces a folder's checkpoint in one step. @throws on I/O errors. */
export async function writeCheckpoint(dir: string, checkpoint: SpoolCheckpoint): Promise<void> {
  const json = JSON.stringify(checkpoint);
  const path = join(dir, FILE_NAME);
  await writeFile(`${path}.new`, `${toSum(json)}\n${json}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

const toSum = (json: string): string => crc32(json).toString(16);
