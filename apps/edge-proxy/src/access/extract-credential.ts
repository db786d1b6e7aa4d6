import type { IncomingHttpHeaders } from 'node:http';

/** The one place that knows where a key may stand. Any other header or the query is no credential. */
export type Credential =
  | { readonly kind: 'none' }
  /** More than one header, and they do not agree: nobody may guess which was judged. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'key'; readonly key: string };

const BEARER = /^bearer +/i;

/** The key of a request: `Authorization: Bearer`, `x-api-key` or `api-key`. Never throws. */
export function extractCredential(headers: IncomingHttpHeaders): Credential {
  const authorization = headers.authorization;
  const bearer = authorization === undefined ? null : bearerOf(authorization);
  let found = bearer;
  for (const name of ['x-api-key', 'api-key']) {
    const value = headers[name];
    if (value === undefined) continue;
    // node:http joins a repeated header of these names with ", ".
    if (typeof value !== 'string' || (found !== null && found !== value)) return { kind: 'ambiguous' };
    found = value;
  }
  return found === null || found === '' ? { kind: 'none' } : { kind: 'key', key: found };
}

/** The token after "Bearer", null for any other scheme. */
function bearerOf(header: string): string | null {
  if (header.startsWith('Bearer ') && header.charCodeAt(7) !== 0x20) return header.slice(7);
  const scheme = BEARER.exec(header);
  return scheme === null ? null : header.slice(scheme[0].length).trim();
}
