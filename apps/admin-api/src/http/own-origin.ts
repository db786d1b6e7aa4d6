import type { IncomingMessage } from 'node:http';

/** What a request says about the site it comes from. */
export type OriginVerdict = 'own' | 'absent' | 'other';

/**
 * Compares `Origin` with the request's own host. Behind TLS the origin must be https; else both are taken, since a proxy in
 * front may speak TLS without our knowledge.
 */
export function judgeOrigin(request: IncomingMessage, isTls: boolean): OriginVerdict {
  const { origin, host } = request.headers;
  if (origin === undefined) return 'absent';
  const url = URL.parse(origin);
  if (url === null || host === undefined || url.origin !== origin) return 'other';
  if (url.protocol !== 'https:' && (isTls || url.protocol !== 'http:')) return 'other';
  // As the origin is written: in lower case, without the default port.
  const own = URL.parse(`${url.protocol}//${host}`);
  // A host that brings a user or a path is none.
  return own !== null && own.href === `${url.origin}/` ? 'own' : 'other';
}

/** Methods that only read. All others change something. */
export const isReading = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';
