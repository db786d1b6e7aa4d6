import { JsonProblem } from './json-problem.js';

/** More keys than this in one document are refused: no honest request has them, and each costs memory. */
const MAX_KEYS = 100_000;
/** Up to here a linear search over hashes beats a Set. */
const LINEAR_KEYS = 16;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over bytes: cheap, and only ever a hint: equal hashes are compared as text. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  return hash | 0;
}

/** The text of a key between its quotes, escapes resolved. */
export function decodeKey(bytes: Buffer, start: number, end: number, escaped: boolean): string {
  const text = bytes.toString('utf8', start, end);
  // A key's escapes were checked by the scanner, so this parses to a string.
  return escaped ? (JSON.parse(`"${text}"`) as string) : text;
}

/** The keys of the objects that are open at a point of the scan; finds duplicates. One per scanner, reused. */
export class KeyRegistry {
  readonly #hashes: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #escaped: boolean[] = [];
  readonly #bases: number[] = [];
  readonly #sets: (Set<string> | null)[] = [];
  #top = 0;
  #total = 0;

  reset(): void {
    this.#top = 0;
    this.#total = 0;
    this.#bases.length = 0;
    this.#sets.length = 0;
  }

  openObject(): void {
    this.#bases.push(this.#top);
    this.#sets.push(null);
  }

  closeObject(): void {
    this.#top = this.#bases.pop() ?? 0;
    this.#sets.pop();
  }

  /**
   * Adds a key of the innermost object.
   * @throws JsonProblem when the object has it already, or the document has too many keys
   */
  add(bytes: Buffer, start: number, end: number, escaped: boolean): void {
    this.#total += 1;
    if (this.#total > MAX_KEYS) throw new JsonProblem('keys', `more than ${MAX_KEYS} keys`, start);
    const base = this.#bases[this.#bases.length - 1] ?? 0;
    const count = this.#top - base;
    if (count >= LINEAR_KEYS) {
      this.#addToSet(bytes, start, end, escaped);
    } else {
      const hash = escaped ? hashText(decodeKey(bytes, start, end, true)) : hashBytes(bytes, start, end);
      for (let at = base; at < this.#top; at += 1) {
        if (this.#hashes[at] === hash && this.#equals(bytes, at, start, end, escaped))
          refuse(bytes, start, end, escaped);
      }
      this.#hashes[this.#top] = hash;
    }
    this.#starts[this.#top] = start;
    this.#ends[this.#top] = end;
    this.#escaped[this.#top] = escaped;
    this.#top += 1;
  }

  #equals(bytes: Buffer, at: number, start: number, end: number, escaped: boolean): boolean {
    return this.#textAt(bytes, at) === decodeKey(bytes, start, end, escaped);
  }

  #textAt(bytes: Buffer, at: number): string {
    return decodeKey(bytes, this.#starts[at] ?? 0, this.#ends[at] ?? 0, this.#escaped[at] ?? false);
  }

  #addToSet(bytes: Buffer, start: number, end: number, escaped: boolean): void {
    const level = this.#bases.length - 1;
    let set = this.#sets[level] ?? null;
    if (set === null) {
      set = new Set();
      for (let at = this.#bases[level] ?? 0; at < this.#top; at += 1) set.add(this.#textAt(bytes, at));
      this.#sets[level] = set;
    }
    const text = decodeKey(bytes, start, end, escaped);
    if (set.has(text)) refuse(bytes, start, end, escaped);
    set.add(text);
  }
}

function hashText(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return hashBytes(bytes, 0, bytes.length);
}

function refuse(bytes: Buffer, start: number, end: number, escaped: boolean): never {
  const name = decodeKey(bytes, start, end, escaped).slice(0, 64);
  throw new JsonProblem('duplicate', `the key ${JSON.stringify(name)} appears twice in one object`, start);
}
