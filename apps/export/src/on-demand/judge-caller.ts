import type { IncomingHttpHeaders } from 'node:http';
import { ProblemError } from './problem.js';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * This API is for services, which ask it by a name that it knows. A browser that a page of another site steers says where
 * the page is from, or asks by the name of that site which points here for the moment: neither gets anything.
 * @param allowedHosts in lower case, without ports; loopback always is
 * @returns what is wrong, undefined when all is well
 */
export function judgeCaller(
  { origin, host = '' }: IncomingHttpHeaders,
  allowedHosts: readonly string[],
): ProblemError | undefined {
  if (origin !== undefined) {
    return new ProblemError('not-allowed', 'Pages cannot ask here; download from the dashboard.');
  }
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  if (LOOPBACK.includes(name) || allowedHosts.includes(name)) return undefined;
  return new ProblemError('not-allowed', 'The Host of the request is not in EXPORT_ALLOWED_HOSTS.');
}
