// What of a client's request its provider sees in headers: our labels, and what the adapter's list names. Pure.
import type { IncomingHttpHeaders } from 'node:http';

/** Where the headers of one call come from, beside the address's own. */
export interface CallLabels {
  readonly requestId: string;
  /** Null for providers that do not get it. */
  readonly attemptId: string | null;
  /** Lower-case names of the client's headers that the adapter lets through. */
  readonly forwarded: readonly string[];
  readonly client: IncomingHttpHeaders;
}

/**
 * Never a client's to say to a provider, whatever an adapter lists: credentials, what proxies write about clients, what
 * belongs to one connection or body, and what is between a client and this gateway.
 */
const NEVER =
  /^(?:authorization|proxy-.*|x-api-key|api-key|cookie2?|set-cookie2?|host|forwarded|x-forwarded.*|x-real-ip|via|x-request-id|x-sluice-.*|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|accept-encoding)$/;
/** As the head of a request takes them: one byte a character, none that could end a line. */
const PLAIN_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers of one call as a flat list of names and values. */
export function toUpstreamHeaders({ requestId, attemptId, forwarded, client }: CallLabels): string[] {
  const headers = ['x-request-id', requestId];
  if (attemptId !== null) headers.push('x-sluice-attempt-id', attemptId);
  for (const name of forwarded) {
    const value = client[name];
    if (typeof value === 'string' && PLAIN_VALUE.test(value) && !NEVER.test(name)) headers.push(name, value);
  }
  return headers;
}
