// Takes the chunked coding off a body. Incremental: reads may be cut anywhere. Pure.

/** Extensions mean nothing to us; honest ones (checksums, signatures) are short. */
const MAX_EXTENSION_BYTES = 4 * 1024;
/** All extensions of a body may be this much larger than the body itself. */
const EXTENSION_ALLOWANCE_BYTES = 64 * 1024;
/** Trailers are dropped, since what matters was sent in front. */
const MAX_TRAILER_BYTES = 16 * 1024;
/** Thirteen hex digits are below 2^53: every such size is exact. */
const MAX_SIZE_DIGITS = 13;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;

type State =
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailer-start'
  | 'trailer'
  | 'trailer-lf'
  | 'end-lf'
  | 'done';

/** One for each connection: {@link reset} before each body. */
export class ChunkedDecoder {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #skipped = 0;
  /** Bytes of extensions that may still come; grows with the body. */
  #allowance = EXTENSION_ALLOWANCE_BYTES;
  /** Where the body bytes of the last read begin, in the buffer that was read. */
  bodyStart = 0;
  /** Where they end. */
  bodyEnd = 0;
  /** What is wrong with the body, null while it is right. Nothing is decoded after this. */
  problem: string | null = null;

  get isDone(): boolean {
    return this.#state === 'done';
  }

  reset(): void {
    this.#state = 'size';
    this.#size = 0;
    this.#digits = 0;
    this.#skipped = 0;
    this.#allowance = EXTENSION_ALLOWANCE_BYTES;
    this.problem = null;
  }

  /**
   * Reads on. The payloads of all chunks in the buffer are moved together within it, so that a read of many
   * small chunks (a fast stream) is handed on as one piece: the buffer's content changes.
   * @returns position after the last byte that was used; short of the buffer's end only when done or wrong
   */
  decode(bytes: Buffer, from: number): number {
    let at = from;
    this.bodyStart = from;
    this.bodyEnd = from;
    while (at < bytes.length) {
      if (this.#state === 'data') {
        at = this.#takeData(bytes, at);
        continue;
      }
      // Within the length: the loop's condition.
      this.problem = this.#takeControl(bytes[at] ?? 0);
      at += 1;
      if (this.problem !== null || this.isDone) break;
    }
    return at;
  }

  #takeData(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#size, bytes.length);
    if (this.bodyEnd === this.bodyStart) {
      this.bodyStart = at;
      this.bodyEnd = end;
    } else {
      bytes.copyWithin(this.bodyEnd, at, end);
      this.bodyEnd += end - at;
    }
    this.#size -= end - at;
    this.#allowance += end - at;
    if (this.#size === 0) this.#state = 'data-cr';
    return end;
  }

  /** One byte that is not payload. @returns what is wrong with it, or null */
  #takeControl(byte: number): string | null {
    switch (this.#state) {
      case 'size':
        return this.#takeSize(byte);
      case 'extension':
        this.#allowance -= 1;
        if (this.#allowance < 0) return 'its chunk extensions are larger than its body';
        return this.#skip(byte, 'size-lf', MAX_EXTENSION_BYTES);
      case 'size-lf':
        this.#skipped = 0;
        return this.#expect(byte, LF, this.#size === 0 ? 'trailer-start' : 'data');
      case 'data-cr':
        return this.#expect(byte, CR, 'data-lf');
      case 'data-lf':
        this.#digits = 0;
        return this.#expect(byte, LF, 'size');
      case 'trailer-start':
        if (byte === CR) return this.#expect(byte, CR, 'end-lf');
        this.#state = 'trailer';
        return this.#skip(byte, 'trailer-lf', MAX_TRAILER_BYTES);
      case 'trailer':
        return this.#skip(byte, 'trailer-lf', MAX_TRAILER_BYTES);
      case 'trailer-lf':
        return this.#expect(byte, LF, 'trailer-start');
      case 'end-lf':
        return this.#expect(byte, LF, 'done');
      case 'data':
      case 'done':
        return 'bytes were read that are no part of the framing';
    }
  }

  #takeSize(byte: number): string | null {
    const digit = hexValue(byte);
    if (digit >= 0) {
      this.#digits += 1;
      if (this.#digits > MAX_SIZE_DIGITS) return 'a chunk is too large';
      this.#size = this.#size * 16 + digit;
      return null;
    }
    if (this.#digits === 0) return 'a chunk has no size';
    if (byte === SEMICOLON) this.#state = 'extension';
    else if (byte === CR) this.#state = 'size-lf';
    else return 'the size of a chunk is not a number';
    return null;
  }

  #skip(byte: number, atLineEnd: State, limit: number): string | null {
    if (byte === CR) {
      this.#state = atLineEnd;
      return null;
    }
    if ((byte < 0x20 && byte !== TAB) || byte === 0x7f)
      return 'a chunk or trailer line has control characters';
    this.#skipped += 1;
    return this.#skipped > limit ? 'a chunk or trailer line is too long' : null;
  }

  #expect(byte: number, wanted: number, next: State): string | null {
    if (byte !== wanted) return 'a chunk does not end where it says';
    this.#state = next;
    return null;
  }
}

/** -1 for what is no hex digit. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
