import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FaultFlow, type FlowFaults } from './fault-flow.js';
import { seededRandom } from './seeded-random.js';

export type { FlowCut, FlowFaults } from './fault-flow.js';

/** What a fault proxy does; what is left out does not happen. */
export interface Faults {
  /**
   * What new connections meet. `forward` (default). `reset`: a RST at once. `black-hole`: accepted, never read, never
   * answered, never closed. `refuse`: nobody listens.
   */
  readonly door?: 'forward' | 'reset' | 'black-hole' | 'refuse';
  /** From the client to the target. */
  readonly up?: FlowFaults;
  /** From the target to the client. */
  readonly down?: FlowFaults;
}

export interface FaultProxyOptions {
  /** Where to forward to; only host and port of a URL count. */
  readonly target: string | { readonly host: string; readonly port: number };
  readonly faults?: Faults;
  /** Decides jitter and slices; without it one is made and written to stderr, so that a failure can be repeated. */
  readonly seed?: number;
}

/**
 * A TCP proxy on 127.0.0.1 that does harm: `set` changes its faults while it runs, for the connections that are open
 * too. The same seed gives the same jitter and slices for the n-th connection.
 */
export class FaultProxy implements AsyncDisposable {
  readonly seed: number;
  /** Connections that were accepted since the start. */
  accepted = 0;
  /** Bytes that were passed on, by direction. */
  readonly passed = { up: 0, down: 0 };
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #faults: Faults;
  #server: Server | null = null;
  #port = 0;

  private constructor(options: FaultProxyOptions) {
    this.seed = options.seed ?? randomInt(2 ** 31);
    this.#faults = options.faults ?? {};
    const { target } = options;
    this.#target = typeof target === 'string' ? addressOf(target) : target;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.#listen();
    if (options.seed === undefined)
      process.stderr.write(`fault proxy on port ${proxy.port}: seed ${proxy.seed}\n`);
    // Refusing, too, needs a port that is its own.
    await proxy.set(proxy.#faults);
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:<port>`. */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections that are open on the client's side. */
  get open(): number {
    return [...this.#sockets].filter((socket) => socket.localPort === this.#port).length;
  }

  /** Replaces all faults. Settled when the door is as it is meant to be. */
  async set(faults: Faults): Promise<void> {
    this.#faults = faults;
    if (faults.door === 'refuse') this.#shut();
    else if (this.#server === null) await this.#listen();
  }

  /** RST on everything that is open, black holes included. */
  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    const closed = this.#server === null ? null : once(this.#server, 'close');
    this.#shut();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #shut(): void {
    this.#server?.close();
    this.#server = null;
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      this.#onClient(client);
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    // A TCP server's address is never text.
    this.#port = (server.address() as AddressInfo).port;
  }

  #onClient(client: Socket): void {
    this.accepted += 1;
    this.#watch(client);
    const { door = 'forward' } = this.#faults;
    if (door === 'reset') client.resetAndDestroy();
    if (door !== 'forward') return;
    // Each connection and direction has its own numbers: their timing does not decide who gets which.
    const seed = this.seed + this.accepted * 2;
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    this.#watch(target);
    link(client, target);
    link(target, client);
    target.once('connect', () => {
      const onCut = (how: 'close' | 'reset'): void => {
        for (const socket of [client, target]) {
          if (how === 'reset') socket.resetAndDestroy();
          else socket.destroySoon();
        }
      };
      const flow = (direction: 'up' | 'down'): FaultFlow =>
        new FaultFlow({
          source: direction === 'up' ? client : target,
          destination: direction === 'up' ? target : client,
          faults: () => this.#faults[direction] ?? {},
          random: seededRandom(direction === 'up' ? seed : seed + 1),
          onBytes: (count) => (this.passed[direction] += count),
          onCut,
        });
      flow('up');
      flow('down');
      client.resume();
    });
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // A broken socket is what this is for; its `close` follows.
    socket.on('error', () => undefined);
  }
}

/** A RST is passed on; an end in order is the flow's, which may still have bytes to bring. */
function link(socket: Socket, peer: Socket): void {
  socket.on('error', () => peer.resetAndDestroy());
  socket.on('close', () => {
    if (!socket.readableEnded) peer.destroySoon();
  });
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
