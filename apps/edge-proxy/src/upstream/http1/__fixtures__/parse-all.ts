import type { UpstreamHeaders } from '../../transport.js';
import { ProtocolViolation } from '../protocol-violation.js';
import { ResponseParser } from '../response-parser.js';

/** What a parser made of a connection's bytes. */
export interface Parsed {
  readonly status: number | null;
  readonly headers: UpstreamHeaders;
  readonly body: string;
  /** `open`: nothing was wrong, but the end did not come either. */
  readonly end: 'complete' | 'complete, then excess' | 'violation' | 'open';
}

/** Parses pieces as if each were one read; each is a copy, since parsers may change what they read. */
export function parseAll(pieces: readonly Uint8Array[], isClosed = false): Parsed {
  let status: number | null = null;
  let headers: UpstreamHeaders = {};
  let body = '';
  let completions = 0;
  let hasExcess = false;
  const parser = new ResponseParser({
    onHead: (head) => {
      if (status !== null) throw new Error('a second head');
      status = head.status;
      headers = { ...head.headers };
    },
    onBody: (chunk) => {
      if (completions > 0 || status === null) throw new Error('a body out of turn');
      if (chunk.length === 0) throw new Error('an empty piece of body');
      body += chunk.toString('latin1');
    },
    onComplete: (excess) => {
      completions += 1;
      hasExcess = excess;
    },
  });
  const result = (end: Parsed['end']): Parsed => ({ status, headers, body, end });
  try {
    for (const piece of pieces) {
      // What a connection does: after the end, any byte is one too many.
      if (completions > 0) hasExcess ||= piece.length > 0;
      else parser.push(Buffer.from(piece));
    }
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    return result('violation');
  }
  if (isClosed && completions === 0) parser.finish();
  if (completions > 1) throw new Error('two ends');
  if (completions === 0) return result('open');
  return result(hasExcess ? 'complete, then excess' : 'complete');
}

/** Cuts bytes at the given positions. */
export function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [0, ...[...positions].sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}
