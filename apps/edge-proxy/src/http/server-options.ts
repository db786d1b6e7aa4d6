import type { ServerOptions } from 'node:http';

/** What one client may cost before it has said who it is. Node's own defaults are made for trusted networks. */
export interface ServerLimits {
  readonly maxHeaderBytes: number;
  /** For the headers of a request; also for a first request that never begins. */
  readonly headersTimeoutMs: number;
  /** For a whole request, body included. */
  readonly requestTimeoutMs: number;
  /** How often connections are looked at for that. */
  readonly checkIntervalMs: number;
  /** After so many requests a connection is closed behind its answer, so that load spreads over new edges. */
  readonly maxRequestsPerSocket: number;
  /** Of this process. What comes beyond is closed unheard. */
  readonly maxConnections: number;
  /** From one address (IPv6: one /64); `server.trustedProxies` may have more. One address cannot take all. */
  readonly maxConnectionsPerAddress: number;
}

export const SERVER_LIMITS: ServerLimits = {
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  checkIntervalMs: 1_000,
  maxRequestsPerSocket: 1_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 2_000,
};

/** How node:http guards the door. */
export const toServerOptions = (limits: ServerLimits): ServerOptions => ({
  maxHeaderSize: limits.maxHeaderBytes,
  headersTimeout: limits.headersTimeoutMs,
  requestTimeout: limits.requestTimeoutMs,
  connectionsCheckingInterval: limits.checkIntervalMs,
  // Longer than the 60 s of usual load balancers, so that they close first and never hit a closed socket.
  keepAliveTimeout: 65_000,
  noDelay: true,
  // Whatever NODE_OPTIONS say.
  insecureHTTPParser: false,
  // Refused by our own door instead, so that this answer has our shape and a request id too.
  requireHostHeader: false,
});
