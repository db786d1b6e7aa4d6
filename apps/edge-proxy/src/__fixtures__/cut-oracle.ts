// What must come of a stream whose provider breaks off somewhere, whatever the gateway thinks of it.
import type { ClientDialect } from '@sluice/providers';
import { readStreamWords } from './stream-words.js';

/** What a client got of a cut stream behind which a fallback stands. */
export interface CutOutcome {
  readonly text: string;
  readonly status: number;
  /** Whether the second provider was called. */
  readonly isFailedOver: boolean;
}

/** What became of a stream. */
export type Outcome = 'failed over' | 'interrupted' | 'whole';

export interface CutOracle {
  /** The uncut stream as this client gets it, and the fallback's alone. */
  readonly whole: string;
  readonly fallback: string;
  readonly dialect: ClientDialect;
}

/**
 * Judges one cut.
 * @throws Error that says what is wrong with it
 */
export function judgeCut(oracle: CutOracle, cut: CutOutcome): Outcome {
  const { text, status } = cut;
  if (status !== 200) throw new Error(`status ${status}`);
  if (cut.isFailedOver) {
    if (text !== oracle.fallback) throw new Error('the failover shows: it is not the fallback’s stream alone');
    return 'failed over';
  }
  const words = readStreamWords(text, oracle.dialect);
  const whole = readStreamWords(oracle.whole, oracle.dialect);
  if (words.rest !== '') throw new Error('it ends inside an event');
  if (words.errors + words.terminals !== 1) {
    throw new Error(`${words.errors} error events and ${words.terminals} terminal markers instead of one`);
  }
  if (words.last === 'terminal') {
    if (words.content !== whole.content) throw new Error('it claims to be whole, and is not');
    return 'whole';
  }
  if (words.last !== 'error') throw new Error('something follows its end');
  if (!oracle.whole.startsWith(withoutLastEvent(text))) {
    throw new Error('what came before the error is no beginning of the stream');
  }
  if (words.content === '') throw new Error('it was given up without a word of content');
  return 'interrupted';
}

/** Events are separated by blank lines; the error is ours, so it is the last. */
function withoutLastEvent(text: string): string {
  const end = text.lastIndexOf('\n\n', text.length - 3);
  const mixed = text.lastIndexOf('\n\r\n', text.length - 3);
  return text.slice(0, Math.max(end < 0 ? 0 : end + 2, mixed < 0 ? 0 : mixed + 3));
}
