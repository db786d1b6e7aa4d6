// Server-sent events out of bytes that were cut anywhere, by the rules of the format: LF or CRLF, comments
// and unknown fields ignored, data lines joined.

/** An event larger than this ends the stream; honest ones are a few hundred bytes, images a few megabytes. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024;

/** One event, its texts in latin1. */
export interface SseEvent {
  /** The `event:` line, '' when there was none. */
  readonly name: string;
  readonly data: string;
}

export class SseEvents {
  /** Unread text; always begins at the start of a line. */
  #text = '';
  #at = 0;
  #name = '';
  #data: string | null = null;
  #isFirst = true;

  /**
   * Takes bytes.
   * @returns false when an event became too large; nothing more is to be pushed then
   */
  push(chunk: Buffer): boolean {
    this.#text = this.#at === 0 ? this.#text : this.#text.slice(this.#at);
    this.#at = 0;
    this.#text += chunk.toString('latin1');
    return this.#text.length + (this.#data?.length ?? 0) <= MAX_EVENT_BYTES + chunk.length;
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
    const line = this.#text.slice(this.#at).replace(/\r$/, '');
    this.#text = '';
    this.#at = 0;
    if (line !== '') this.#take(line);
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
