import { Dice } from './dice.js';
import type { Ask, EvilCase, EvilKind } from './evil-case.js';
import { EVIL_DOCUMENTS, EVIL_STREAMS, ODD_STREAMS } from './evil-contents.js';
import { EVIL_WIRES, ODD_WIRES } from './evil-wires.js';

const ANY = Object.entries({ ...EVIL_WIRES, ...ODD_WIRES });
const DOCUMENTS = [...ANY, ...Object.entries(EVIL_DOCUMENTS)];
const STREAMS = [...ANY, ...Object.entries({ ...EVIL_STREAMS, ...ODD_STREAMS })];

/** The case of this number: the same for the same seed and number. Numbers in a row go through all kinds. */
export function evilCase(seed: number, number: number): EvilCase {
  const dice = new Dice(seed + Math.imul(number, 0x9e3779b1));
  const ask: Ask = {
    stream: number % 2 === 1,
    client: dice.pick(['chat', 'messages']),
    provider: dice.pick(['openai', 'anthropic']),
  };
  const kinds: readonly (readonly [string, EvilKind])[] = ask.stream ? STREAMS : DOCUMENTS;
  const [name, make] = kinds[(number >> 1) % kinds.length] ?? dice.pick(kinds);
  return { name, ask, ...make(ask, dice) };
}

/** How many cases in a row go through every kind, plain and streamed. */
export const ROUND = 2 * Math.max(DOCUMENTS.length, STREAMS.length);
