// One pass over a JSON text: says whether it is strict JSON and where the values of some top-level keys
// stand. It builds no document: same-dialect bodies are forwarded as the bytes that were judged here.
import { isUtf8 } from 'node:buffer';
import { JsonProblem } from './json-problem.js';
import { decodeKey, KeyRegistry } from './key-registry.js';

/** How strict a scan is. */
export interface JsonScanRules {
  /** Containers inside containers; the root is the first. */
  readonly maxDepth: number;
  /** Refuse what two parsers could read differently: duplicate keys, `__proto__`, disguised top-level keys. */
  readonly unambiguous: boolean;
}

/** For what clients send us. */
export const REQUEST_RULES: JsonScanRules = { maxDepth: 64, unambiguous: true };
/** For what providers send us: valid JSON is enough. */
export const RESPONSE_RULES: JsonScanRules = { maxDepth: 512, unambiguous: false };

/** What a top-level key is to the caller of a scan. */
const NOT_WANTED = -1;
/** It would be a wanted key after case folding, or holds bytes that another reader could fold. */
const DISGUISE = -2;

/** Top-level keys whose values the caller wants to find. Make once, at module level. */
export class WantedKeys {
  readonly names: readonly string[];
  readonly #byFoldedHash = new Map<number, number>();

  /** @param names plain lower-case ASCII */
  constructor(names: readonly string[]) {
    this.names = names;
    for (const [index, name] of names.entries()) {
      const bytes = Buffer.from(name);
      this.#byFoldedHash.set(hashFolded(bytes, 0, bytes.length), index);
    }
    if (this.#byFoldedHash.size !== names.length) throw new Error('two wanted keys share a hash');
  }

  /** Index of the wanted key whose bytes stand at start..end, else {@link NOT_WANTED} or {@link DISGUISE}. */
  classify(bytes: Buffer, start: number, end: number): number {
    const hash = hashFolded(bytes, start, end);
    const index = this.#byFoldedHash.get(hash);
    if (index === undefined) return isAscii(bytes, start, end) ? NOT_WANTED : DISGUISE;
    const name = this.names[index] ?? '';
    const text = bytes.toString('latin1', start, end);
    if (text === name) return index;
    return text.toLowerCase() === name || !isAscii(bytes, start, end) ? DISGUISE : NOT_WANTED;
  }
}

/** FNV-1a with ASCII letters in lower case, so that `Model` and `model` meet. */
function hashFolded(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    hash = Math.imul(hash ^ folded, 0x01000193);
  }
  return hash | 0;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) >= 0x80) return false;
  return true;
}

/** Where the wanted values stand: start and end offsets, -1 when absent. */
export class JsonSpans {
  readonly #offsets: Int32Array;
  /** Offset just after the root's opening brace. */
  rootStart = 0;
  /** Whether the root object has no key at all. */
  rootIsEmpty = true;

  constructor(count: number) {
    this.#offsets = new Int32Array(count * 2).fill(-1);
  }

  start(index: number): number {
    return this.#offsets[index * 2] ?? -1;
  }

  end(index: number): number {
    return this.#offsets[index * 2 + 1] ?? -1;
  }

  has(index: number): boolean {
    return this.start(index) >= 0;
  }

  set(index: number, start: number, end: number): void {
    this.#offsets[index * 2] = start;
    this.#offsets[index * 2 + 1] = end;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const PROTO = '__proto__';

/** Reused between scans: a scan is synchronous and never re-entered. */
const keys = new KeyRegistry();

/**
 * Scans a text whose root must be an object.
 * @throws JsonProblem when it is not valid JSON in UTF-8 or breaks the rules
 */
export function scanJson(bytes: Buffer, wanted: WantedKeys, rules: JsonScanRules): JsonSpans {
  if (!isUtf8(bytes)) throw new JsonProblem('utf8', 'the body is not valid UTF-8', firstBadUtf8(bytes));
  try {
    return new Scan(bytes, wanted, rules).run();
  } finally {
    keys.end();
  }
}

class Scan {
  readonly #bytes: Buffer;
  readonly #wanted: WantedKeys;
  readonly #rules: JsonScanRules;
  readonly #spans: JsonSpans;
  #at = 0;
  #escaped = false;

  constructor(bytes: Buffer, wanted: WantedKeys, rules: JsonScanRules) {
    this.#bytes = bytes;
    this.#wanted = wanted;
    this.#rules = rules;
    this.#spans = new JsonSpans(wanted.names.length);
  }

  run(): JsonSpans {
    this.#skipSpace();
    if (this.#bytes[this.#at] !== OPEN_BRACE) this.#fail('the body must be a JSON object');
    if (this.#rules.unambiguous) keys.begin(this.#bytes);
    this.#spans.rootStart = this.#at + 1;
    this.#object(1);
    this.#skipSpace();
    if (this.#at !== this.#bytes.length) this.#fail('text after the end of the JSON object');
    return this.#spans;
  }

  #object(depth: number): void {
    if (depth > this.#rules.maxDepth) this.#tooDeep();
    const unambiguous = this.#rules.unambiguous;
    if (unambiguous) keys.openObject();
    this.#at += 1;
    this.#skipSpace();
    if (this.#bytes[this.#at] === CLOSE_BRACE) this.#at += 1;
    else this.#members(depth);
    if (unambiguous) keys.closeObject();
  }

  #members(depth: number): void {
    if (depth === 1) this.#spans.rootIsEmpty = false;
    for (;;) {
      if (this.#bytes[this.#at] !== QUOTE) this.#fail('a key in double quotes is missing');
      const keyStart = this.#at + 1;
      this.#string();
      const keyEnd = this.#at - 1;
      const index = this.#judgeKey(keyStart, keyEnd, depth);
      this.#skipSpace();
      if (this.#bytes[this.#at] !== COLON) this.#fail('a colon is missing after a key');
      this.#at += 1;
      this.#skipSpace();
      const valueStart = this.#at;
      this.#value(depth);
      if (index >= 0) this.#spans.set(index, valueStart, this.#at);
      this.#skipSpace();
      const next = this.#bytes[this.#at];
      if (next === CLOSE_BRACE) break;
      if (next !== COMMA) this.#fail('a comma or closing brace is missing');
      this.#at += 1;
      this.#skipSpace();
    }
    this.#at += 1;
  }

  /** Index of the wanted key, negative for any other. */
  #judgeKey(start: number, end: number, depth: number): number {
    const escaped = this.#escaped;
    if (this.#rules.unambiguous) {
      keys.add(start, end, escaped);
      if ((escaped || end - start === PROTO.length) && this.#keyAt(start, end) === PROTO) {
        throw new JsonProblem('proto', 'the key "__proto__" is not allowed', start);
      }
    }
    if (depth !== 1) return NOT_WANTED;
    const index = escaped ? DISGUISE : this.#wanted.classify(this.#bytes, start, end);
    if (index !== DISGUISE) return index;
    if (!this.#rules.unambiguous) return NOT_WANTED;
    const shown = JSON.stringify(this.#keyAt(start, end).slice(0, 64));
    throw new JsonProblem('disguised', `the top-level key ${shown} is not written in its plain form`, start);
  }

  /** The key that was just read. */
  #keyAt(start: number, end: number): string {
    return decodeKey(this.#bytes.toString('utf8', start, end), this.#escaped);
  }

  #array(depth: number): void {
    if (depth > this.#rules.maxDepth) this.#tooDeep();
    this.#at += 1;
    this.#skipSpace();
    if (this.#bytes[this.#at] === CLOSE_BRACKET) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#value(depth);
      this.#skipSpace();
      const next = this.#bytes[this.#at];
      if (next === CLOSE_BRACKET) break;
      if (next !== COMMA) this.#fail('a comma or closing bracket is missing');
      this.#at += 1;
      this.#skipSpace();
    }
    this.#at += 1;
  }

  #value(depth: number): void {
    const first = this.#bytes[this.#at];
    if (first === QUOTE) this.#string();
    else if (first === OPEN_BRACE) this.#object(depth + 1);
    else if (first === OPEN_BRACKET) this.#array(depth + 1);
    else if (first === 0x74) this.#literal('true');
    else if (first === 0x66) this.#literal('false');
    else if (first === 0x6e) this.#literal('null');
    else this.#number();
  }

  /** From an opening quote to just after the closing one; says in #escaped whether there was an escape. */
  #string(): void {
    const bytes = this.#bytes;
    const length = bytes.length;
    let at = this.#at + 1;
    let escaped = false;
    for (; at < length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.#at = at + 1;
        this.#escaped = escaped;
        return;
      }
      if (byte === BACKSLASH) {
        escaped = true;
        at = this.#escape(at + 1);
      } else if (byte < 0x20) {
        this.#at = at;
        this.#fail('a control character inside a string must be escaped');
      }
    }
    this.#at = length;
    this.#fail('the text ends inside a string');
  }

  /** Checks the escape whose letter stands at `at`; returns the offset of its last byte. */
  #escape(at: number): number {
    const letter = this.#bytes[at];
    if (letter === 0x75) {
      for (let digit = at + 1; digit <= at + 4; digit += 1) {
        if (!isHexDigit(this.#bytes[digit])) return this.#failAt(digit, 'a \\u escape needs four hex digits');
      }
      return at + 4;
    }
    // " \ / b f n r t
    const known =
      letter === QUOTE || letter === BACKSLASH || letter === 0x2f || letter === 0x62 || letter === 0x66;
    if (known || letter === 0x6e || letter === 0x72 || letter === 0x74) return at;
    return this.#failAt(at, 'an unknown escape inside a string');
  }

  #literal(word: 'true' | 'false' | 'null'): void {
    const end = this.#at + word.length;
    if (this.#bytes.toString('latin1', this.#at, end) !== word) this.#fail('an unknown word');
    this.#at = end;
  }

  #number(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] === 0x2d) at += 1;
    if (bytes[at] === 0x30) at += 1;
    else at = this.#digits(at);
    if (bytes[at] === 0x2e) at = this.#digits(at + 1);
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at += 1;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at += 1;
      at = this.#digits(at);
    }
    this.#at = at;
  }

  /** Past one or more digits. */
  #digits(start: number): number {
    let at = start;
    while (isDigit(this.#bytes[at])) at += 1;
    return at === start ? this.#failAt(at, 'a value is missing or is not JSON') : at;
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at += 1;
    }
    this.#at = at;
  }

  #tooDeep(): never {
    throw new JsonProblem('depth', `nested deeper than ${this.#rules.maxDepth} levels`, this.#at);
  }

  #fail(message: string): never {
    return this.#failAt(this.#at, message);
  }

  #failAt(at: number, message: string): never {
    const ended = at >= this.#bytes.length;
    throw new JsonProblem(
      'syntax',
      ended ? 'the text ends too early' : message,
      Math.min(at, this.#bytes.length),
    );
  }
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

/** Offset of the first byte that breaks UTF-8, found by halving: only the error path pays for it. */
function firstBadUtf8(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    // A cut inside a character looks bad too; up to three bytes more tell.
    const whole = [0, 1, 2, 3].some((more) =>
      isUtf8(bytes.subarray(0, Math.min(middle + more, bytes.length))),
    );
    if (whole) good = middle;
    else bad = middle;
  }
  return good;
}
