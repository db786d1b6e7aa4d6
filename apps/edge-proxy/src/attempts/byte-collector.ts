const NOTHING = Buffer.alloc(0);
/** So many pieces are copied together when they are small: a byte at a time, each would cost a hundred times its size. */
const MAX_SMALL_PIECES = 1024;
const SMALL_BYTES = 1024;

/** Chunks that become one buffer; a single chunk, the common case, is not copied. */
export class ByteCollector {
  #first: Buffer | null = null;
  #more: Buffer[] | null = null;
  /** At the end of the list, one after the other. */
  #smallPieces = 0;
  length = 0;

  add(chunk: Buffer): void {
    this.length += chunk.length;
    if (this.#first === null) this.#first = chunk;
    else if (this.#more === null) this.#more = [this.#first, chunk];
    else this.#append(this.#more, chunk);
  }

  #append(pieces: Buffer[], chunk: Buffer): void {
    pieces.push(chunk);
    this.#smallPieces = chunk.length < SMALL_BYTES ? this.#smallPieces + 1 : 0;
    if (this.#smallPieces < MAX_SMALL_PIECES) return;
    pieces.push(Buffer.concat(pieces.splice(-this.#smallPieces)));
    this.#smallPieces = 0;
  }

  /** All bytes so far. */
  take(): Buffer {
    if (this.#more !== null) return Buffer.concat(this.#more, this.length);
    return this.#first ?? NOTHING;
  }
}
