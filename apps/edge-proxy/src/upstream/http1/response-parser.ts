// HTTP/1.1 responses from bytes: incremental, without I/O. Reads may be cut anywhere; the result is the same.
import { ChunkedDecoder } from './chunked-decoder.js';
import { ProtocolViolation } from './protocol-violation.js';
import { type Framing, framingOf } from './response-framing.js';
import { checkHeadStart, parseResponseHead, type ResponseHead } from './response-head.js';

/** What a parser says, in this order: head, body*, complete. */
export interface ResponseParserListener {
  /** The final answer's head; informational ones are dropped. */
  onHead(head: ResponseHead): void;
  /** Never empty. A part of the buffer that was pushed, not a copy. */
  onBody(chunk: Buffer): void;
  /** @param hasExcess whether bytes came after the end, which nobody asked for */
  onComplete(hasExcess: boolean): void;
}

/** Header bytes that a provider may send; more is an attack or a mistake. */
export const MAX_HEAD_BYTES = 64 * 1024;
/** Informational answers before the final one; honest providers send one or two. */
export const MAX_INFORMATIONAL = 16;
/** Most heads are shorter, so that one search over the first bytes of a read finds their end. */
const USUAL_HEAD_BYTES = 4 * 1024;
const HEAD_END = '\r\n\r\n';

/** Reads one response at a time; {@link reset} makes it ready for the next. */
export class ResponseParser {
  readonly #listener: ResponseParserListener;
  readonly #chunks = new ChunkedDecoder();
  #framing: Framing | null = null;
  /** Bytes of the body that are still to come, when it has a length. */
  #left = 0;
  /** A head that has not ended yet. */
  #headStart = '';
  #informational = 0;
  #isComplete = false;
  /** Whether a byte has come since the last reset. */
  hasBytes = false;

  constructor(listener: ResponseParserListener) {
    this.#listener = listener;
  }

  reset(): void {
    this.#framing = null;
    this.#headStart = '';
    this.#informational = 0;
    this.#isComplete = false;
    this.hasBytes = false;
  }

  /**
   * Takes the next bytes. A chunked body is put together within the buffer (see {@link ChunkedDecoder.decode}),
   * so its content may change.
   * @throws ProtocolViolation, and whatever the listener throws; the parser is of no use after either
   */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.hasBytes = true;
    let from = 0;
    if (this.#framing === null) {
      from = this.#readHeads(bytes);
      if (from === -1) return;
    }
    this.#readBody(bytes, from);
  }

  /** Tells that the connection has ended. @returns whether the response is whole; if it ends here, it is told */
  finish(): boolean {
    if (this.#isComplete) return true;
    if (this.#framing?.kind !== 'close') return false;
    this.#isComplete = true;
    this.#listener.onComplete(false);
    return true;
  }

  /** @returns where the body begins, -1 when the final head is not there yet */
  #readHeads(bytes: Buffer): number {
    let from = 0;
    while (from < bytes.length) {
      const bodyStart = this.#findHeadEnd(bytes, from);
      if (bodyStart === -1) return -1;
      const head = parseResponseHead(this.#headStart);
      this.#headStart = '';
      if (head.status >= 200) {
        this.#begin(head);
        return bodyStart;
      }
      this.#dropInformational(head);
      from = bodyStart;
    }
    return -1;
  }

  /** Leaves the text up to the end of the head, or of the bytes, in `#headStart`. @returns position after it, or -1 */
  #findHeadEnd(bytes: Buffer, from: number): number {
    const start = this.#headStart;
    let to = Math.min(bytes.length, from + USUAL_HEAD_BYTES);
    let text = start + bytes.toString('latin1', from, to);
    let end = text.indexOf(HEAD_END, Math.max(0, start.length - 3));
    if (end === -1 && to < bytes.length) {
      to = Math.min(bytes.length, from + MAX_HEAD_BYTES);
      text = start + bytes.toString('latin1', from, to);
      end = text.indexOf(HEAD_END, Math.max(0, start.length - 3));
    }
    const size = end === -1 ? text.length + 1 : end + HEAD_END.length;
    if (size > MAX_HEAD_BYTES) {
      throw new ProtocolViolation(`its headers are larger than ${MAX_HEAD_BYTES} bytes`);
    }
    if (end === -1) {
      checkHeadStart(text, start.length);
      this.#headStart = text;
      return -1;
    }
    this.#headStart = text.slice(0, end);
    return from + size - start.length;
  }

  #dropInformational(head: ResponseHead): void {
    if (head.status === 101) throw new ProtocolViolation('it changed the protocol without being asked');
    this.#informational += 1;
    if (this.#informational > MAX_INFORMATIONAL) {
      throw new ProtocolViolation(`it sent more than ${MAX_INFORMATIONAL} informational answers`);
    }
  }

  #begin(head: ResponseHead): void {
    const framing = framingOf(head);
    this.#framing = framing;
    if (framing.kind === 'length') this.#left = framing.bytes;
    else if (framing.kind === 'chunked') this.#chunks.reset();
    this.#listener.onHead(head);
  }

  #readBody(bytes: Buffer, from: number): void {
    if (this.#isComplete) return;
    switch (this.#framing?.kind) {
      case 'length':
        return this.#readLength(bytes, from, this.#left);
      case 'chunked':
        return this.#readChunks(bytes, from);
      case 'close':
        return this.#emit(bytes, from, bytes.length);
    }
  }

  #readLength(bytes: Buffer, from: number, left: number): void {
    const end = Math.min(bytes.length, from + left);
    this.#left = left - (end - from);
    this.#emit(bytes, from, end);
    if (this.#left === 0) this.#complete(end < bytes.length);
  }

  #readChunks(bytes: Buffer, from: number): void {
    const chunks = this.#chunks;
    const end = chunks.decode(bytes, from);
    this.#emit(bytes, chunks.bodyStart, chunks.bodyEnd);
    if (chunks.problem !== null) throw new ProtocolViolation(chunks.problem);
    if (chunks.isDone) this.#complete(end < bytes.length);
  }

  #emit(bytes: Buffer, from: number, to: number): void {
    if (to > from) this.#listener.onBody(bytes.subarray(from, to));
  }

  /** Always the last thing done with a read: the listener may reset the parser for the next request. */
  #complete(hasExcess: boolean): void {
    this.#isComplete = true;
    this.#listener.onComplete(hasExcess);
  }
}
