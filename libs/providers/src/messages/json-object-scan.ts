// Where a JSON object that comes in pieces ends: each character is looked at once, nothing is kept.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const BLANKS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);
const NOT_BLANK = /[^\t\n\r ]/;

export class JsonObjectScan {
  #state: 'before' | 'inside' | 'closed' | 'spoiled' = 'before';
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  /** Whether an object was begun and closed, and nothing but blanks followed. Whether it is JSON is not known. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  push(text: string): void {
    let at = 0;
    if (this.#state === 'before') at = this.#begin(text);
    if (this.#state === 'inside') at = this.#walk(text, at);
    if (this.#state === 'closed' && NOT_BLANK.test(text.slice(at))) this.#state = 'spoiled';
  }

  /** Finds the opening brace; returns where it is. */
  #begin(text: string): number {
    let at = 0;
    while (at < text.length && BLANKS.has(text.charCodeAt(at))) at += 1;
    if (at < text.length) this.#state = text[at] === '{' ? 'inside' : 'spoiled';
    return at;
  }

  /** Walks until the object is closed or the text ends; returns where. */
  #walk(text: string, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (this.#isInText) this.#walkText(code);
      else if (code === QUOTE) this.#isInText = true;
      else if (OPENING.has(code)) this.#depth += 1;
      else if (CLOSING.has(code)) {
        this.#depth -= 1;
        if (this.#depth === 0) {
          this.#state = 'closed';
          return at + 1;
        }
      }
    }
    return text.length;
  }

  #walkText(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === BACKSLASH) this.#isEscaped = true;
    else if (code === QUOTE) this.#isInText = false;
  }
}
