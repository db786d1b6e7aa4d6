import { JsonProblem } from './json-problem.js';

/** More keys than this in one document are refused: no honest request has them, and each costs memory. */
const MAX_KEYS = 100_000;
/** Up to here a linear search over hashes beats a Set. */
const LINEAR_KEYS = 16;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const NOTHING = Buffer.alloc(0);

/** FNV-1a over bytes: cheap, and only ever a hint: equal hashes are compared as text. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  return hash | 0;
}

/** A key as it is meant: `text` is what stands between its quotes, checked by the scanner, so its escapes parse. */
export function decodeKey(text: string, escaped: boolean): string {
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
  #bytes: Buffer = NOTHING;
  #top = 0;
  #total = 0;

  /** Begins a scan. */
  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#top = 0;
    this.#total = 0;
    this.#bases.length = 0;
    this.#sets.length = 0;
  }

  /** Ends a scan: its bytes are not kept. */
  end(): void {
    this.#bytes = NOTHING;
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
  add(start: number, end: number, escaped: boolean): void {
    this.#total += 1;
    if (this.#total > MAX_KEYS) throw new JsonProblem('keys', `more than ${MAX_KEYS} keys`, start);
    const base = this.#bases[this.#bases.length - 1] ?? 0;
    if (this.#top - base >= LINEAR_KEYS) {
      this.#addToSet(this.#decode(start, end, escaped), start);
    } else {
      const hash = escaped ? hashText(this.#decode(start, end, true)) : hashBytes(this.#bytes, start, end);
      for (let at = base; at < this.#top; at += 1) {
        if (this.#hashes[at] !== hash) continue;
        const text = this.#decode(start, end, escaped);
        if (this.#textAt(at) === text) refuse(text, start);
      }
      this.#hashes[this.#top] = hash;
    }
    this.#starts[this.#top] = start;
    this.#ends[this.#top] = end;
    this.#escaped[this.#top] = escaped;
    this.#top += 1;
  }

  #decode(start: number, end: number, escaped: boolean): string {
    return decodeKey(this.#bytes.toString('utf8', start, end), escaped);
  }

  #textAt(at: number): string {
    return this.#decode(this.#starts[at] ?? 0, this.#ends[at] ?? 0, this.#escaped[at] ?? false);
  }

  #addToSet(text: string, start: number): void {
    const level = this.#bases.length - 1;
    let set = this.#sets[level] ?? null;
    if (set === null) {
      set = new Set();
      for (let at = this.#bases[level] ?? 0; at < this.#top; at += 1) set.add(this.#textAt(at));
      this.#sets[level] = set;
    }
    if (set.has(text)) refuse(text, start);
    set.add(text);
  }
}

function hashText(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return hashBytes(bytes, 0, bytes.length);
}

function refuse(name: string, start: number): never {
  const shown = JSON.stringify(name.slice(0, 64));
  throw new JsonProblem('duplicate', `the key ${shown} appears twice in one object`, start);
}
