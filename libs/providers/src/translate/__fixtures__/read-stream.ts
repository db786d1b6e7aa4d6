// Reads streams as the edge does, whole or cut.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamContext, StreamEnd, StreamReader } from '../../provider-adapter.js';

export const CONTEXT: StreamContext = {
  endpoint: 'chat.completions',
  model: 'my "modèl"',
  base64: false,
  hideUsage: false,
  choices: 1,
  createdSeconds: 1_790_000_000,
  answerId: 'an-event-id',
};

/** What the client got of a stream. */
export interface Reading {
  /** UTF-8, the tail included. */
  readonly text: string;
  readonly end: StreamEnd;
  readonly reader: StreamReader;
}

export function readPieces(reader: StreamReader, pieces: readonly Buffer[]): Reading {
  let out = '';
  for (const piece of pieces) {
    if (reader.isDone || reader.fatal !== null) break;
    out += reader.push(piece);
  }
  const end = reader.fatal ?? reader.end();
  if (end.kind === 'complete') out += end.tail;
  return { text: Buffer.from(out, 'latin1').toString('utf8'), end, reader };
}

export const readWhole = (reader: StreamReader, text: string): Reading => readPieces(reader, [Buffer.from(text)]);

/** A fixture beside a folder's specs. */
export const readFixture = (folder: string, name: string): string =>
  readFileSync(join(folder, '__fixtures__', name), 'utf8');
