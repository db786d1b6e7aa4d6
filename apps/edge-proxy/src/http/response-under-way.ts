import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The response that a connection carries until its last byte was handed to the system. */
export function responseUnderWay(socket: Duplex): ServerResponse | null {
  // Node's own handlers of these moments read this field as well; nothing public says it.
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? null;
}
