// Where a response ends, and whether the connection outlives it. Pure.
import { ProtocolViolation } from './protocol-violation.js';
import type { ResponseHead } from './response-head.js';

/** How the end of a body is found. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** The body ends with the connection. */
  | { readonly kind: 'close' };

const CHUNKED: Framing = { kind: 'chunked' };
const UNTIL_CLOSE: Framing = { kind: 'close' };
const NO_BODY: Framing = { kind: 'length', bytes: 0 };
/** Fifteen digits are below 2^53: every such length is exact. */
const LENGTH = /^[0-9]{1,15}$/;
const KEEP_ALIVE_TIMEOUT = /(?:^|[,;\s])timeout=([0-9]{1,6})(?:$|[,;\s])/i;

/**
 * Says how the body of a final answer to a POST is framed.
 * @throws ProtocolViolation where two readers could disagree about the end
 */
export function framingOf({ status, minorVersion, headers }: ResponseHead): Framing {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    if (length !== undefined) throw new ProtocolViolation('it has a transfer coding and a length');
    if (minorVersion === 0) throw new ProtocolViolation('HTTP/1.0 has no transfer codings');
    if (String(coding).toLowerCase() !== 'chunked')
      throw new ProtocolViolation('its transfer coding is unknown');
  } else if (length !== undefined && !LENGTH.test(String(length))) {
    throw new ProtocolViolation('its length is not a number');
  }
  if (status === 204 || status === 304) return NO_BODY;
  if (coding !== undefined) return CHUNKED;
  return length === undefined ? UNTIL_CLOSE : { kind: 'length', bytes: Number(length) };
}

/** Whether the provider lets the connection serve another request. */
export function isPersistent({ minorVersion, headers }: ResponseHead): boolean {
  const connection = headers['connection'];
  if (connection === undefined) return minorVersion === 1;
  const options = String(connection)
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
  return !options.includes('close') && (minorVersion === 1 || options.includes('keep-alive'));
}

/** The provider's `Keep-Alive: timeout=N` in milliseconds, null when it does not say. */
export function keepAliveHintMs({ headers }: ResponseHead): number | null {
  const hint = headers['keep-alive'];
  if (hint === undefined) return null;
  const seconds = KEEP_ALIVE_TIMEOUT.exec(String(hint))?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
