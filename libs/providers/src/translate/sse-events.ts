// Server-sent events out of bytes that were cut anywhere, by the rules of the format: LF or CRLF, comments
// and unknown fields ignored, data lines joined.
import { WholeEvents } from '../wire/whole-events.js';

/** One event, its texts in latin1. */
export interface SseEvent {
  /** The `event:` line, '' when there was none. */
  readonly name: string;
  readonly data: string;
}

export class SseEvents {
  readonly #bytes = new WholeEvents();
  /** Unread text; always begins at the start of a line, and ends with a whole event. */
  #text = '';
  #at = 0;
  #name = '';
  #data: string | null = null;
  #isFirst = true;

  /** What is wrong with the stream, null while it is right; nothing is to be pushed after this. */
  get problem(): string | null {
    return this.#bytes.problem;
  }

  /** Takes bytes. */
  push(chunk: Buffer): void {
    this.#text = this.#text.slice(this.#at) + this.#bytes.push(chunk);
    this.#at = 0;
  }

  /** The next whole event, null when there is none yet. */
  next(): SseEvent | null {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#at);
      if (end < 0) return null;
      const isCrLf = end > this.#at && this.#text.charCodeAt(end - 1) === 0x0d;
      const line = this.#text.slice(this.#at, isCrLf ? end - 1 : end);
      this.#at = end + 1;
      const event = this.#take(line);
      if (event !== null) return event;
    }
  }

  /** What was begun when the stream ended: some servers leave out the last blank line. Null when nothing was. */
  rest(): SseEvent | null {
    const lines = this.#bytes.rest().split('\n');
    for (const line of lines.map((each) => each.replace(/\r$/, ''))) {
      if (line !== '') this.#take(line);
    }
    return this.#dispatch();
  }

  #take(text: string): SseEvent | null {
    let line = text;
    if (this.#isFirst) {
      this.#isFirst = false;
      // A byte order mark may stand before the first line.
      if (line.startsWith('\xef\xbb\xbf')) line = line.slice(3);
    }
    if (line === '') return this.#dispatch();
    if (line.startsWith('data:')) {
      const value = line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5);
      this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith('event:')) {
      this.#name = line.slice(6).trim();
    }
    return null;
  }

  #dispatch(): SseEvent | null {
    const data = this.#data;
    const name = this.#name;
    this.#data = null;
    this.#name = '';
    // Some servers keep a connection warm with events of nothing.
    return data === null || data.trim() === '' ? null : { name, data };
  }
}
