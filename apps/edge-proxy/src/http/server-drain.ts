import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { responseUnderWay } from './response-under-way.js';

/** How often a server that drains looks for connections that have become idle. */
const SWEEP_MS = 50;
/** For the last words to those whom the grace did not suffice. */
const FAREWELL_MS = 500;

/** Stops a server without breaking an answer that is under way. */
export class ServerDrain {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * Takes no more connections and closes each one when it has carried its answer to the last byte.
   * @param onLimit called when the grace is over, to end what is left with a word; half a second later nothing is left
   */
  async run(graceMs: number, onLimit: () => void): Promise<void> {
    // http's own close() destroys connections whose answer is written but not yet sent.
    const closed = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
    this.#server.prependListener('request', (_request, response) => (response.shouldKeepAlive = false));
    this.#closeIdle();
    const sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
    const limit = setTimeout(onLimit, graceMs);
    const end = setTimeout(() => this.#server.closeAllConnections(), graceMs + FAREWELL_MS);
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
    clearTimeout(end);
  }

  #closeIdle(): void {
    for (const socket of this.#sockets) {
      const response = responseUnderWay(socket);
      if (response === null) socket.destroySoon();
      else if (!response.headersSent) response.shouldKeepAlive = false;
    }
  }
}
