// A response's status line and header fields, from text to values. Strict: what two readers could read in two
// ways is refused, since the next message on the connection would begin where only one of them believes.
import type { UpstreamHeaders } from '../transport.js';
import { ProtocolViolation } from './protocol-violation.js';

/** A response before its body. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly status: number;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minorVersion: 0 | 1;
  readonly headers: UpstreamHeaders;
}

type Headers = Record<string, string | string[] | undefined>;

/** Control characters, and CR that does not end a line; LF is looked at while lines are walked. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/;
/** The same for a text that may go on: its last CR may still get its LF. Global, to begin anywhere in the text. */
const FORBIDDEN_SO_FAR = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|(?<!\r)\n/g;
const STATUS_LINE = /^HTTP\/1\.[01] [1-9][0-9]{2}(?: |$)/;
const STATUS_LINE_START = 'HTTP/1.';
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Header fields that a provider may send: honest ones send some dozens. */
export const MAX_FIELDS = 256;
const CR = 13;
const SPACE = 32;
const TAB = 9;

/**
 * Reads a whole head.
 * @param text latin1, without the empty line at its end
 * @throws ProtocolViolation
 */
export function parseResponseHead(text: string): ResponseHead {
  if (FORBIDDEN.test(text)) throw new ProtocolViolation('a header has characters that are not allowed');
  const statusLine = text.slice(0, endOfLine(text, 0));
  if (!STATUS_LINE.test(statusLine)) throw new ProtocolViolation('the status line is not HTTP/1.x');
  // No prototype: a provider may name a header `__proto__`.
  const headers = Object.create(null) as Headers; // true: an object without properties is an empty record
  let from = statusLine.length + 2;
  for (let fields = 1; from < text.length; fields += 1) {
    if (fields > MAX_FIELDS) throw new ProtocolViolation(`it has more than ${MAX_FIELDS} headers`);
    const end = endOfLine(text, from);
    const colon = text.indexOf(':', from);
    if (colon === -1 || colon > end) throw new ProtocolViolation('a header line has no colon');
    const name = text.slice(from, colon);
    // Also refuses folded lines, which begin with a blank, and blanks before the colon.
    if (!FIELD_NAME.test(name)) throw new ProtocolViolation('a header name is not a token');
    addHeader(headers, name.toLowerCase(), trimmed(text, colon + 1, end));
    from = end + 2;
  }
  return {
    status: Number(statusLine.slice(9, 12)),
    minorVersion: statusLine.charAt(7) === '0' ? 0 : 1,
    headers,
  };
}

/**
 * Looks at the beginning of a head, so that what can never become one is refused now and not at the size limit.
 * Refuses nothing that {@link parseResponseHead} would take.
 * @param checked how much of the text has been looked at before
 * @throws ProtocolViolation
 */
export function checkHeadStart(text: string, checked: number): void {
  if (!STATUS_LINE_START.startsWith(text.slice(0, STATUS_LINE_START.length))) {
    throw new ProtocolViolation('the status line is not HTTP/1.x');
  }
  // One character back: a CR at the end of what was checked is judged with what follows it.
  FORBIDDEN_SO_FAR.lastIndex = Math.max(0, checked - 1);
  if (FORBIDDEN_SO_FAR.test(text)) {
    throw new ProtocolViolation('a header has characters that are not allowed');
  }
}

/** Position of the CR that ends the line, or the end of the text. */
function endOfLine(text: string, from: number): number {
  const lineFeed = text.indexOf('\n', from);
  if (lineFeed === -1) return text.length;
  if (lineFeed === from || text.charCodeAt(lineFeed - 1) !== CR) {
    throw new ProtocolViolation('a header line ends without CR');
  }
  return lineFeed - 1;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

function addHeader(headers: Headers, name: string, value: string): void {
  const known = headers[name];
  if (known === undefined) {
    headers[name] = name === 'set-cookie' ? [value] : value;
  } else if (typeof known !== 'string') {
    known.push(value);
  } else if (name !== 'content-length') {
    headers[name] = `${known}, ${value}`;
  } else if (known !== value) {
    throw new ProtocolViolation('it has two different lengths');
  }
}
