// A request's head as text. What could end a line early, or say the length twice, is refused.
import type { CallAddress } from '../transport.js';

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Anything above U+00FF would lose bits on its way to latin1, and could become CR or LF. */
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NOT_IN_PATH = /[^\x21-\x7e]/;
/** Ours to write: framing, and what belongs to the connection. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The lines that are the same for all requests to an address, each with its line end.
 * @throws TypeError that names the header, never its value
 */
export function toHeadPrefix({ origin, path, headers }: CallAddress): string {
  if (!path.startsWith('/') || NOT_IN_PATH.test(path)) {
    throw new TypeError('the path of a provider must begin with "/" and be percent-encoded');
  }
  return `POST ${path} HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n${toHeaderLines(headers)}`;
}

/** The whole head, with the empty line. @throws TypeError that names the header, never its value */
export const toHead = (prefix: string, headers: readonly string[], bodyBytes: number): string =>
  `${prefix}${toHeaderLines(headers)}content-length: ${bodyBytes}\r\n\r\n`;

function toHeaderLines(headers: readonly string[]): string {
  if (headers.length % 2 !== 0) throw new TypeError('a list of headers has a name without a value');
  let lines = '';
  for (let at = 0; at < headers.length; at += 2) {
    // Both are there: the length is even.
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (!FIELD_NAME.test(name) || RESERVED.has(name.toLowerCase())) {
      throw new TypeError(`the header ${JSON.stringify(name)} may not be sent to a provider`);
    }
    if (NOT_IN_VALUE.test(value)) {
      throw new TypeError(`the header ${name} has characters that HTTP does not allow`);
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
