// The grammar of faults: `<kind>[:<argument>]*`, e.g. `cut:200`, `429:date:2`, `fail-first:2:503`, `random:0.1:42:cut:200`.
// README.md holds the same table for people; a test compares the two.
import { type Fault, type FaultPlan, GARBAGE_KINDS, type GarbageKind } from './fault.js';
import { rateLimitRefusal, refusalByName, type RetryHint, statusRefusal } from './refusals.js';

/** The text of a fault cannot be read. The message names the fault and what is allowed. */
export class FaultSyntaxError extends Error {
  override readonly name = 'FaultSyntaxError';
}

/** No wait, pause or count may keep a connection longer than a test runs. */
const LONGEST_MS = 3_600_000;
const MOST_BYTES = 1_000_000_000;
const MOST_TOKENS = 1_000_000;

type ToPlan = (words: Words) => FaultPlan;

const KINDS: Readonly<Record<string, ToPlan>> = {
  cut: (words) => ({
    cut: { afterBytes: words.count('bytes', 0, MOST_BYTES), reset: words.flag('rst') },
  }),
  stall: (words) => {
    const afterBytes = words.count('bytes', 0, MOST_BYTES);
    const forMs = words.optionalCount('ms', LONGEST_MS);
    return { stall: { afterBytes, ...(forMs === undefined ? {} : { forMs }) } };
  },
  slow: (words) => ({ delayMs: words.count('ms', 1_000, LONGEST_MS) }),
  'slow-token': (words) => ({ firstTokenMs: words.count('ms', 1_000, LONGEST_MS) }),
  'slow-connect': (words) => ({
    connections: {
      kind: 'slow',
      forMs: words.count('ms', 1_000, LONGEST_MS),
      next: words.count('connections', 1, 1_000_000),
    },
  }),
  refuse: (words) => ({ connections: { kind: 'refuse', forMs: words.count('ms', 1_000, LONGEST_MS) } }),
  drop: () => ({ drop: true }),
  status: (words) => ({ refusal: statusRefusal(words.status()) }),
  '429': (words) => ({ refusal: rateLimitRefusal(retryHint(words)) }),
  quota: () => ({ refusal: refusalByName('quota') }),
  context: () => ({ refusal: refusalByName('context') }),
  filter: () => ({ refusal: refusalByName('filter') }),
  garbage: (words) => ({ garbage: words.oneOf<GarbageKind>(GARBAGE_KINDS, 'json') }),
  type: (words) => ({ contentType: words.next() ?? 'application/octet-stream' }),
  'error-event': (words) => ({
    errorEvent: { afterTokens: words.count('tokens', 3, MOST_TOKENS), named: words.flag('named') },
  }),
  end: (words) => ({ endAfterTokens: words.count('tokens', 3, MOST_TOKENS) }),
  'no-done': () => ({ withoutDone: true }),
  'no-usage': () => ({ withoutUsage: true }),
};

/** Every kind of fault that can be written, without arguments. */
export const FAULT_KINDS: readonly string[] = [...Object.keys(KINDS), 'fail-first', 'random'];

/** Reads one fault. Throws {@link FaultSyntaxError}. */
export function parseFault(text: string): Fault {
  const words = new Words(text);
  const kind = words.next() ?? '';
  if (kind === 'fail-first') {
    const times = words.count('times', 1, 1_000_000);
    return { kind, text, times, inner: parseFault(words.rest() ?? '503') };
  }
  if (kind === 'random') {
    const probability = words.ratio('probability', 0.5);
    const seed = words.count('seed', 1, 2 ** 32 - 1);
    return { kind, text, probability, seed, inner: parseFault(words.rest() ?? '503') };
  }
  const isStatus = /^[45]\d\d$/.test(kind) && kind !== '429';
  const toPlan = isStatus ? (): FaultPlan => ({ refusal: statusRefusal(Number(kind)) }) : kindOf(kind);
  const plan = toPlan(words);
  const left = words.rest();
  if (left !== undefined)
    throw new FaultSyntaxError(`fault "${text}": nothing may follow, and "${left}" does.`);
  return { kind: 'effect', text, plan };
}

function retryHint(words: Words): RetryHint {
  if (words.isNextCount()) return { kind: 'seconds', amount: words.count('seconds', 1, 86_400) };
  const kind = words.oneOf(['none', 'date', 'ms', 'garbage'] as const, 'none');
  if (kind === 'date') return { kind, amount: words.count('seconds', 1, 86_400) };
  if (kind === 'ms') return { kind: 'milliseconds', amount: words.count('ms', 1_000, LONGEST_MS) };
  return { kind };
}

function kindOf(kind: string): ToPlan {
  const found = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (found !== undefined) return found;
  throw new FaultSyntaxError(
    `"${kind}" is not a fault. Faults are a status (503) and: ${FAULT_KINDS.filter((name) => name !== '429').join(', ')}.`,
  );
}

/** Reads a fault's arguments one after the other. */
class Words {
  private readonly words: string[];

  constructor(private readonly text: string) {
    this.words = text.trim().split(':');
  }

  next(): string | undefined {
    return this.words.shift();
  }

  isNextCount(): boolean {
    return /^\d+$/.test(this.words[0] ?? '');
  }

  rest(): string | undefined {
    if (this.words.length === 0) return undefined;
    return this.words.splice(0).join(':');
  }

  flag(name: string): boolean {
    const word = this.next();
    if (word !== undefined && word !== name) this.refuse(`"${word}" should be "${name}" or nothing`);
    return word === name;
  }

  oneOf<T extends string>(allowed: readonly T[], otherwise: T): T {
    const word = this.next();
    if (word === undefined) return otherwise;
    const found = allowed.find((name) => name === word);
    return found ?? this.refuse(`"${word}" should be one of ${allowed.join(', ')}`);
  }

  count(name: string, otherwise: number, most: number): number {
    return this.optionalCount(name, most) ?? otherwise;
  }

  optionalCount(name: string, most: number): number | undefined {
    const word = this.next();
    if (word === undefined) return undefined;
    const value = Number(word);
    if (!/^\d+$/.test(word) || value > most) {
      this.refuse(`${name} should be a whole number up to ${most}, and is "${word}"`);
    }
    return value;
  }

  status(): number {
    const status = this.count('status', 503, 599);
    if (status < 400) this.refuse(`status should be 400 to 599, and is ${status}`);
    return status;
  }

  ratio(name: string, otherwise: number): number {
    const word = this.next();
    if (word === undefined) return otherwise;
    const value = Number(word);
    if (word === '' || !(value >= 0 && value <= 1)) this.refuse(`${name} should be 0 to 1, and is "${word}"`);
    return value;
  }

  private refuse(problem: string): never {
    throw new FaultSyntaxError(`fault "${this.text}": ${problem}.`);
  }
}
