// What node's parser lets pass, but two servers in a row could read differently: where a request ends, whom it is for,
// who sent it. The parser itself refuses both kinds of length at once, repeated lengths, folded lines and bare line ends.
import type { IncomingMessage } from 'node:http';

/**
 * Why a request cannot be taken whatever it asks for; its connection has to be closed, since nobody knows where the next
 * one begins. Null when all is well.
 */
export function framingProblem(request: IncomingMessage): string | null {
  const { httpVersion, rawHeaders } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'Only HTTP/1.1 and HTTP/1.0 are spoken here.';
  let hosts = 0;
  let credentials = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // Few names have these lengths, so few are put in lower case.
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') credentials += 1;
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding.';
      if (rawHeaders[index + 1]?.toLowerCase() !== 'chunked')
        return 'The only Transfer-Encoding taken here is "chunked".';
    }
  }
  if (hosts > 1) return 'The request has more than one Host header.';
  if (credentials > 1) return 'The request has more than one Authorization header.';
  return hosts === 0 && httpVersion === '1.1' ? 'The request has no Host header.' : null;
}
