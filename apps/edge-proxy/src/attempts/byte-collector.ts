const NOTHING = Buffer.alloc(0);

/** Chunks that become one buffer; a single chunk, the common case, is not copied. */
export class ByteCollector {
  #first: Buffer | null = null;
  #more: Buffer[] | null = null;
  length = 0;

  add(chunk: Buffer): void {
    this.length += chunk.length;
    if (this.#first === null) this.#first = chunk;
    else if (this.#more === null) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  /** All bytes so far. */
  take(): Buffer {
    if (this.#more !== null) return Buffer.concat(this.#more, this.length);
    return this.#first ?? NOTHING;
  }
}
