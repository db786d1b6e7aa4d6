import type { TokenCounts } from '@sluice/contracts';
import { asCount, asRecord } from '../wire/read-unknown.js';
import type { UnknownRecord } from '../translate/read-request.js';

/** Counts as Anthropic gives them: its input leaves out what came from or went to the cache. */
export class AnthropicUsage {
  #input: number | null = null;
  #output: number | null = null;
  #cacheRead: number | null = null;
  #cacheWrite: number | null = null;
  #thinking: number | null = null;

  #isFinal = false;

  /** Whether the output was counted to its end: the count that a stream begins with is a beginning. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** Takes another report: the last number that is there wins, since later ones are cumulative. */
  merge(value: unknown): void {
    const usage = asRecord(value);
    if (usage === null) return;
    this.#input = latest(usage, 'input_tokens', this.#input);
    this.#output = latest(usage, 'output_tokens', this.#output);
    this.#cacheRead = latest(usage, 'cache_read_input_tokens', this.#cacheRead);
    this.#cacheWrite = latest(usage, 'cache_creation_input_tokens', this.#cacheWrite);
    const details = asRecord(usage['output_tokens_details']);
    if (details !== null) this.#thinking = latest(details, 'thinking_tokens', this.#thinking);
  }

  /** Takes the report at the end of a stream. Some servers give none there: the output is not counted then. */
  finish(value: unknown): void {
    this.merge(value);
    if (typeof asRecord(value)?.['output_tokens'] === 'number') this.#isFinal = true;
  }

  /** Null when nothing was reported. */
  toTokens(): TokenCounts | null {
    if (this.#input === null && this.#output === null) return null;
    const cachedInput = this.#cacheRead ?? 0;
    const cacheWrite = this.#cacheWrite ?? 0;
    return {
      input: (this.#input ?? 0) + cachedInput + cacheWrite,
      output: this.#output ?? 0,
      cachedInput,
      cacheWrite,
      reasoning: this.#thinking ?? 0,
      audio: 0,
      image: 0,
    };
  }
}

function latest(usage: UnknownRecord, key: string, known: number | null): number | null {
  const value = usage[key];
  return typeof value === 'number' ? asCount(value) : known;
}

/** Token counts of a whole answer's `usage`; null when it has none. */
export function fromAnthropicUsage(value: unknown): TokenCounts | null {
  const usage = new AnthropicUsage();
  usage.merge(value);
  return usage.toTokens();
}
