// What an answer tells a client, whatever its dialect: the words, the thoughts, the calls, why it ended, what it took.
import type { JsonRecord } from './recorded-case.js';
import { isRecord } from './expected-answer.js';

export interface Told {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ToldCall[];
  /** In the words of the dialect that it was read in. */
  readonly finish: string | null;
  readonly usage: ToldUsage | null;
}

export interface ToldCall {
  readonly name: string;
  /** Parsed; the text itself where it is no JSON. */
  readonly args: unknown;
}

/** Total input, cached or not. */
export interface ToldUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly written: number;
}

export const recordsOf = (value: unknown): JsonRecord[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];
export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
export const numberIn = (value: unknown): number => (typeof value === 'number' ? value : 0);
export const recordIn = (value: unknown): JsonRecord => (isRecord(value) ? value : {});

/** Arguments as a value; none at all mean none. */
export function parseArguments(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Cut off or never JSON: compared as it is.
    return text;
  }
}
