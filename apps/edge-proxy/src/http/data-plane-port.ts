// The data plane's port: who may have it, and why it could not be had.
import { createServer } from 'node:net';

export interface Address {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Where the system deals connections to all sockets that share a port; elsewhere node's cluster module does. */
const SYSTEM_SHARES = process.platform === 'linux' || process.platform === 'freebsd';

/**
 * What `listen` is given beside the address. With `shared` each process has a socket of its own on the same port: what one
 * has accepted or holds in its queue is its own to finish, and its end concerns no other.
 */
export const listenOptions = (shared: boolean): { readonly reusePort?: true; readonly exclusive?: true } =>
  shared && SYSTEM_SHARES ? { reusePort: true, exclusive: true } : {};

/**
 * Makes sure that nobody else has the port, since processes that share one would share it with anybody of the same user.
 * @returns the port, chosen when it was 0
 * @throws Error that names the address and the way out; its cause is the system's error
 */
export async function reservePort({ host, port }: Address): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(whyNotListening(error, { host, port })));
    server.listen({ host, port, exclusive: true }, resolve);
  });
  // A listening TCP server's address is an object with a port.
  const reserved = (server.address() as { port: number }).port;
  await new Promise((resolve) => server.close(resolve));
  return reserved;
}

/** The error for an operator. */
export function whyNotListening(error: unknown, { host, port }: Address): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`;
  return new Error(
    `The port ${host}:${port} of the data plane ${why}. Set EDGE_PROXY_PORT, or server.port in the config, to another port, or stop what uses it.`,
    { cause: error },
  );
}
