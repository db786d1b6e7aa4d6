import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { responseUnderWay } from './response-under-way.js';

/** How often a server that drains looks for connections that have become idle. */
const SWEEP_MS = 50;
/** For the last words to those whom the grace did not suffice. */
const FAREWELL_MS = 500;
/** Node accepts one connection in a turn of its loop; a queue longer than the kernel's own would never end. */
const MOST_ACCEPT_TURNS = 512;

/** Makes a drain that is under way shorter. */
export interface Hurry {
  /** Aborted when there is no more time. */
  readonly signal: AbortSignal;
  /** What is left of the grace then, at most. */
  readonly graceMs: number;
}

/** What {@link ServerDrain.run} needs. */
export interface DrainOptions {
  readonly graceMs: number;
  /** Called when the grace is over, to end what is left with a word; half a second later nothing is left. */
  readonly onLimit: () => void;
  readonly hurry?: Hurry | undefined;
}

/** Stops a server without breaking an answer that is under way, in two steps: first the word goes round, then the door is closed. */
export class ServerDrain {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes that a connection had sent when it was last seen without a request: one that has sent more is in the middle of one. */
  readonly #quietAt = new WeakMap<Socket, number>();
  #isAnnounced = false;
  #accepted = 0;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#accepted += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * From now on each answer says `Connection: close`; connections and requests are taken as before. Who is told so here
   * is not surprised by {@link run}. Further calls change nothing.
   */
  announce(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const tell = (_request: IncomingMessage, response: ServerResponse): void => {
      response.shouldKeepAlive = false;
    };
    this.#server.prependListener('request', tell);
    this.#server.prependListener('checkExpectation', tell);
    for (const socket of this.#sockets) {
      const response = responseUnderWay(socket);
      if (response === null) this.#quietAt.set(socket, socket.bytesRead);
      else if (!response.headersSent) response.shouldKeepAlive = false;
      else response.once('close', () => this.#quietAt.set(socket, socket.bytesRead));
    }
  }

  /**
   * Takes no more connections and closes each one when it has carried its answer to the last byte. A request that has
   * arrived in part is waited for.
   */
  async run({ graceMs, onLimit, hurry }: DrainOptions): Promise<void> {
    this.announce();
    await this.#takeWhatHasCome();
    // http's own close() destroys connections whose answer is written but not yet sent.
    const closed = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
    this.#closeIdle();
    const sweep = setInterval(() => setImmediate(() => this.#closeIdle()), SWEEP_MS);
    let farewell: NodeJS.Timeout | undefined;
    const stopLimit = limitAfter(graceMs, hurry, () => {
      onLimit();
      farewell = setTimeout(() => this.#server.closeAllConnections(), FAREWELL_MS);
    });
    await closed;
    clearInterval(sweep);
    stopLimit();
    clearTimeout(farewell);
  }

  /** Connections that the system has made for us, and bytes that it holds, would be lost when the door is closed. */
  async #takeWhatHasCome(): Promise<void> {
    await turn();
    // From here each turn is one whole look at the network.
    let before = -1;
    for (let turns = 0; before !== this.#accepted && turns < MOST_ACCEPT_TURNS; turns += 1) {
      before = this.#accepted;
      await turn();
    }
  }

  /** Called between two polls, so that what has arrived has been read. */
  #closeIdle(): void {
    for (const socket of this.#sockets) {
      if (responseUnderWay(socket) !== null) continue;
      const quietAt = this.#quietAt.get(socket);
      if (socket.bytesRead === quietAt) socket.destroySoon();
      // A new connection's first bytes are read a turn after it came: it is looked at again.
      else if (socket.bytesRead === 0) this.#quietAt.set(socket, 0);
    }
  }
}

/** Calls `onLimit` after the grace, sooner when there is hurry; gives what prevents that. */
function limitAfter(graceMs: number, hurry: Hurry | undefined, onLimit: () => void): () => void {
  const endsMs = performance.now() + graceMs;
  let timer = setTimeout(onLimit, graceMs);
  let isOver = false;
  const hurryUp = (): void => {
    if (isOver) return;
    clearTimeout(timer);
    const leftMs = Math.max(0, endsMs - performance.now());
    timer = setTimeout(onLimit, Math.min(leftMs, hurry?.graceMs ?? leftMs));
  };
  if (hurry?.signal.aborted === true) hurryUp();
  else hurry?.signal.addEventListener('abort', hurryUp, { once: true });
  return () => {
    isOver = true;
    clearTimeout(timer);
    hurry?.signal.removeEventListener('abort', hurryUp);
  };
}
