import { createServer } from 'node:net';

/** A TCP port on 127.0.0.1 that was free a moment ago; another process may still take it first. */
export async function freePort(): Promise<number> {
  return await listenOnce(0);
}

/** True when 127.0.0.1:port (or host:port) can be listened on now. Never throws. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

function listenOnce(port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
