// The bytes of a stream of server-sent events, cut anywhere, become the text of whole events: latin1, one character
// a byte. Bounded, and linear in the bytes however small the pieces are. Ends of lines are LF or CRLF.
import { isUtf8 } from 'node:buffer';

/** A line larger than this ends the stream; honest ones are a few hundred bytes. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** An event of several lines larger than this ends the stream. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

export class WholeEvents {
  /** The start of an event that has not ended yet. Only looked into when it has: until then it grows without copies. */
  #rest = '';
  /** The last characters of it: a blank line may be cut. */
  #tail = '';
  #lineBytes = 0;
  /** The start of a character that has not ended yet. */
  #character: Buffer = NO_BYTES;
  /** What is wrong with the stream, null while it is right. Nothing comes out after this. */
  problem: string | null = null;

  /** @returns the events that are whole now, blank lines included; '' when none is */
  push(chunk: Buffer): string {
    if (this.problem !== null) return '';
    const piece = chunk.toString('latin1');
    if (!this.#isText(chunk)) return this.#fail('the stream is not valid UTF-8');
    if (this.#isLineTooLong(piece))
      return this.#fail(`the provider sent a line of more than ${MAX_LINE_BYTES} bytes`);
    const seam = this.#tail + piece;
    const end = endOfLastEvent(seam) - this.#tail.length;
    // The tail alone holds no blank line, so one that is found ends within the piece.
    const whole = end > 0 ? this.#rest + piece.slice(0, end) : '';
    this.#rest = end > 0 ? piece.slice(end) : this.#rest + piece;
    this.#tail = end > 0 ? this.#rest.slice(-2) : seam.slice(-2);
    if (this.#rest.length > MAX_EVENT_BYTES || (whole.length > MAX_EVENT_BYTES && hasHugeEvent(whole))) {
      return this.#fail(`the provider sent an event of more than ${MAX_EVENT_BYTES} bytes`);
    }
    return whole;
  }

  /** What was begun when the stream ended. */
  rest(): string {
    const rest = this.#rest;
    this.#rest = '';
    this.#tail = '';
    return rest;
  }

  #fail(problem: string): '' {
    this.problem = problem;
    this.#rest = '';
    return '';
  }

  #isText(chunk: Buffer): boolean {
    if (this.#character.length === 0 && isUtf8(chunk)) return true;
    const bytes = this.#character.length === 0 ? chunk : Buffer.concat([this.#character, chunk]);
    const whole = bytes.length - cutCharacterBytes(bytes);
    this.#character = Buffer.from(bytes.subarray(whole));
    return isUtf8(bytes.subarray(0, whole));
  }

  #isLineTooLong(piece: string): boolean {
    const first = piece.indexOf('\n');
    if (first === -1) this.#lineBytes += piece.length;
    else if (this.#lineBytes + first > MAX_LINE_BYTES) return true;
    else this.#lineBytes = piece.length - 1 - piece.lastIndexOf('\n');
    if (this.#lineBytes > MAX_LINE_BYTES) return true;
    return piece.length > MAX_LINE_BYTES && piece.split('\n').some((line) => line.length > MAX_LINE_BYTES);
  }
}

/** Offset after the last blank line, 0 when there is none. */
function endOfLastEvent(text: string): number {
  const plain = text.lastIndexOf('\n\n');
  const mixed = text.lastIndexOf('\n\r\n');
  return Math.max(plain < 0 ? 0 : plain + 2, mixed < 0 ? 0 : mixed + 3);
}

const hasHugeEvent = (whole: string): boolean =>
  whole.split(/\n\r?\n/).some((event) => event.length > MAX_EVENT_BYTES);

/** How many bytes at the end are the start of a character whose rest may still come. */
function cutCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
