import type { ServerOptions } from 'node:http';

/** How node:http guards the door. Node's own defaults are made for trusted networks. */
export const SERVER_OPTIONS: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  // A client that takes longer for its headers, or its whole body, holds a socket for nothing.
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  // Longer than the 60 s of usual load balancers, so that they close first and never hit a closed socket.
  keepAliveTimeout: 65_000,
  noDelay: true,
  // Refused by our own door instead, so that this answer has our shape and a request id too.
  requireHostHeader: false,
};
