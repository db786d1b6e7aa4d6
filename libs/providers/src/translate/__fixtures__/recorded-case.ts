// Recorded exchanges, read from the folder that SLUICE_CASES names; none of them is part of this repository.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedCase {
  readonly id: string;
  readonly kind: string;
  readonly stream: boolean;
  readonly facts: {
    readonly tool_calls?: number;
    readonly thinking?: boolean;
    readonly cached_tokens?: number;
    readonly finish?: readonly string[];
  };
  readonly upstream: {
    readonly status: number;
    readonly body: string;
    readonly requestBody: Readonly<Record<string, unknown>> | null;
  };
}

/** Cases whose id matches, in the order of their names; none without the folder. */
export function readRecordedCases(pattern: RegExp): RecordedCase[] {
  const folder = process.env['SLUICE_CASES'];
  if (folder === undefined || folder === '') return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && pattern.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as RecordedCase);
}

/** Cuts without regard to lines or characters, the same ones each time: half of the pieces are very short. */
export function cutAnyhow(bytes: Buffer, seed: number): Buffer[] {
  const pieces: Buffer[] = [];
  let state = seed;
  for (let start = 0; start < bytes.length;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const length = 1 + ((state >>> 8) % (state & 1 ? 8 : 900));
    pieces.push(bytes.subarray(start, start + length));
    start += length;
  }
  return pieces;
}
