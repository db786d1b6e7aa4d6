// One tool call of a chat stream, as far as it has come. Its arguments stay in the pieces they came in: a text
// that grows by each piece would be copied by each look at it, which makes a long call cost its length squared.
import { asRecord, parseJson } from '../wire/read-unknown.js';
import { JsonObjectScan } from './json-object-scan.js';

export class StreamedCall {
  /** The server's own, '' while it gave none. */
  id = '';
  name = '';
  /** Whether a block was opened for it. */
  isOpen = false;
  readonly #pieces: string[] = [];
  /** Pieces that were handed on. */
  #taken = 0;
  readonly #scan = new JsonObjectScan();
  /** Pieces that were scanned: a call that nothing waits for is never scanned. */
  #scanned = 0;
  #isValid: boolean | null = null;

  /** Takes a piece of the arguments. */
  add(args: string): void {
    if (args !== '') this.#pieces.push(args);
  }

  /** Whether no arguments came. */
  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** The arguments that came since the last time. */
  take(): string {
    const { length } = this.#pieces;
    const first = this.#pieces[this.#taken] ?? '';
    const out = length - this.#taken <= 1 ? first : this.#pieces.slice(this.#taken).join('');
    this.#taken = length;
    return out;
  }

  /** Whether the arguments can have no more pieces. A call without any may still get some, so it is not whole. */
  get isWhole(): boolean {
    for (; this.#scanned < this.#pieces.length; this.#scanned += 1) {
      this.#scan.push(this.#pieces[this.#scanned] ?? '');
    }
    if (!this.#scan.isClosed) return false;
    // Only blanks can follow what is closed, so one look is enough.
    this.#isValid ??= asRecord(parseJson(this.#pieces.join(''))) !== null;
    return this.#isValid;
  }
}
