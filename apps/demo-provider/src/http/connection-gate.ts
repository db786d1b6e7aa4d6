// Faults below HTTP: a listener that refuses, connections that take long to answer.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionFault } from '../faults/fault.js';

type ServeConnection = (this: Server, socket: Socket) => void;

/** Stands between a server's listener and its HTTP side. */
export class ConnectionGate {
  private slowNext = 0;
  private slowForMs = 0;
  private reopening: NodeJS.Timeout | undefined;
  private readonly held = new Set<NodeJS.Timeout>();
  private closed = false;

  /** `listen` opens the server again where it was. */
  constructor(
    private readonly server: Server,
    private readonly listen: () => void,
  ) {
    // node:http takes connections by its own listener; the gate calls that one, at once or later.
    const [serve] = server.listeners('connection') as ServeConnection[]; // The one that createServer has put there.
    if (serve === undefined) throw new Error('node:http no longer serves by a connection listener.');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => this.take(socket, serve));
  }

  /** Applies a fault to the connections from now on. */
  apply(fault: ConnectionFault): void {
    if (fault.kind === 'slow') {
      this.slowNext = fault.next;
      this.slowForMs = fault.forMs;
      return;
    }
    if (this.reopening !== undefined || this.closed) return;
    // Requests in flight go on; idle connections end, so that the next call has to connect.
    this.server.close();
    this.reopening = setTimeout(() => {
      this.reopening = undefined;
      if (!this.closed) this.listen();
    }, fault.forMs);
  }

  /** Back to good manners: no connection is slow any more. */
  clear(): void {
    this.slowNext = 0;
  }

  /** No more timers. The server itself is closed by its owner. */
  close(): void {
    this.closed = true;
    clearTimeout(this.reopening);
    for (const timer of this.held) clearTimeout(timer);
  }

  private take(socket: Socket, serve: ServeConnection): void {
    if (this.slowNext <= 0) {
      serve.call(this.server, socket);
      return;
    }
    this.slowNext -= 1;
    // A caller that leaves meanwhile may reset the connection; that is no news.
    const ignore = (): undefined => undefined;
    socket.on('error', ignore);
    const timer = setTimeout(() => {
      this.held.delete(timer);
      socket.removeListener('error', ignore);
      if (!socket.destroyed) serve.call(this.server, socket);
    }, this.slowForMs);
    this.held.add(timer);
  }
}
