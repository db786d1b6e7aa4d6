// One direction of a connection through the fault proxy: takes bytes from one socket, gives them to the other, and
// does to them on the way what its faults say.
import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

/** What happens to the bytes of one direction; what is left out does not happen. */
export interface FlowFaults {
  /** Each byte arrives this much later; the order stays. */
  readonly latencyMs?: number;
  /** Up to this much is added to the latency, by chance, for each chunk. */
  readonly jitterMs?: number;
  /** 0 is a stall that lasts until the faults are changed. */
  readonly bytesPerSecond?: number;
  /** Chunks are written in pieces of a random size within these bounds, both inclusive. */
  readonly sliceBytes?: { readonly min: number; readonly max: number };
  readonly cut?: FlowCut;
}

/** An end after so many bytes of this direction, counted from the start of the connection. */
export interface FlowCut {
  readonly afterBytes: number;
  /**
   * `close`: both directions end in order. `reset`: both sockets get a RST. `half-close`: this direction ends, the
   * other goes on. `stall`: nothing more comes in this direction, and nothing ends.
   */
  readonly how: 'close' | 'reset' | 'half-close' | 'stall';
}

export interface FaultFlowOptions {
  readonly source: Socket;
  readonly destination: Socket;
  /** The faults as they are now; asked for each chunk, so they may change while bytes flow. */
  readonly faults: () => FlowFaults;
  readonly random: () => number;
  readonly onBytes: (count: number) => void;
  /** Ends both sockets; the flow itself ends only its own direction. */
  readonly onCut: (how: 'close' | 'reset') => void;
}

/** What may wait here before the source is not read any more: then its own buffers fill, as behind a slow line. */
const MAX_QUEUED_BYTES = 256 * 1024;
/** How often a stalled flow looks whether it may go on. */
const STALL_POLL_MS = 5;

interface Arrival {
  /** Null: the source has ended. */
  readonly bytes: Buffer | null;
  readonly dueMs: number;
}

export class FaultFlow {
  readonly #options: FaultFlowOptions;
  readonly #arrivals: Arrival[] = [];
  #queuedBytes = 0;
  #passedBytes = 0;
  #lastDueMs = 0;
  #isPumping = false;
  /** Cut: what still arrives is dropped. */
  #isOver = false;

  constructor(options: FaultFlowOptions) {
    this.#options = options;
    options.source.on('data', (bytes: Buffer) => this.#onArrival(bytes));
    options.source.on('end', () => this.#onArrival(null));
    if (options.faults().cut?.afterBytes === 0) this.#cut(options.faults().cut?.how ?? 'close');
  }

  #onArrival(bytes: Buffer | null): void {
    if (this.#isOver) return;
    const { latencyMs = 0, jitterMs = 0 } = this.#options.faults();
    const dueMs = performance.now() + latencyMs + jitterMs * this.#options.random();
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
    this.#arrivals.push({ bytes, dueMs: this.#lastDueMs });
    this.#queuedBytes += bytes?.length ?? 0;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#options.source.pause();
    if (!this.#isPumping) void this.#pump();
  }

  /** Never rejects: what goes wrong with a socket ends it, and with it the connection. */
  async #pump(): Promise<void> {
    this.#isPumping = true;
    for (let next = this.#arrivals.shift(); next !== undefined; next = this.#arrivals.shift()) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
      if (next.bytes === null) await this.#end();
      else await this.#pass(next.bytes);
      this.#queuedBytes -= next.bytes?.length ?? 0;
      if (this.#queuedBytes <= MAX_QUEUED_BYTES / 2) this.#options.source.resume();
    }
    this.#isPumping = false;
  }

  async #pass(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && this.#isOpen) {
      const { cut } = this.#options.faults();
      const leftBytes = cut === undefined ? Infinity : Math.max(0, cut.afterBytes - this.#passedBytes);
      const piece = rest.subarray(0, Math.min(leftBytes, this.#sliceBytes()));
      if (piece.length > 0) {
        if (!(await this.#waitForRate(piece.length))) return;
        await this.#write(piece);
      }
      rest = rest.subarray(piece.length);
      if (cut !== undefined && this.#passedBytes >= cut.afterBytes) this.#cut(cut.how);
    }
  }

  #sliceBytes(): number {
    const { sliceBytes } = this.#options.faults();
    if (sliceBytes === undefined) return Infinity;
    const { min, max } = sliceBytes;
    return Math.max(1, min + Math.floor(this.#options.random() * (max - min + 1)));
  }

  /** @returns false when the connection ended meanwhile */
  async #waitForRate(count: number): Promise<boolean> {
    let { bytesPerSecond } = this.#options.faults();
    while (bytesPerSecond === 0 && this.#isOpen) {
      await delay(STALL_POLL_MS, undefined, { ref: false });
      ({ bytesPerSecond } = this.#options.faults());
    }
    if (bytesPerSecond !== undefined && this.#isOpen) {
      await delay((count / bytesPerSecond) * 1000, undefined, { ref: false });
    }
    return this.#isOpen;
  }

  /** Returns when the kernel has it, so that pieces leave one by one and a cut comes after the bytes before it. */
  async #write(piece: Buffer): Promise<void> {
    this.#passedBytes += piece.length;
    this.#options.onBytes(piece.length);
    await new Promise<void>((resolve) => {
      const { destination } = this.#options;
      destination.once('close', resolve);
      destination.write(piece, () => {
        destination.off('close', resolve);
        resolve();
      });
    });
    await turn();
  }

  async #end(): Promise<void> {
    // A stalled direction does not say that it has ended either.
    if (this.#isOpen && (await this.#waitForRate(0))) this.#options.destination.end();
  }

  #cut(how: FlowCut['how']): void {
    this.#isOver = true;
    this.#arrivals.length = 0;
    // Read on: what the source still sends goes nowhere, and its end is seen.
    this.#options.source.resume();
    if (how === 'half-close') this.#options.destination.end();
    else if (how !== 'stall') this.#options.onCut(how);
  }

  get #isOpen(): boolean {
    return !this.#isOver && !this.#options.destination.destroyed;
  }
}
