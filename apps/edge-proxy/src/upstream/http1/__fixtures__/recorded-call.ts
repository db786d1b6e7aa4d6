import type {
  CallAddress,
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamHeaders,
  UpstreamListener,
} from '../../transport.js';

/** How a call ended: a whole answer, or a failure and what had come before it. */
export interface Outcome {
  readonly status: number | null;
  readonly body: string;
  readonly failure: TransportFailure | null;
}

export interface CallOptions {
  readonly body?: Buffer;
  readonly headers?: readonly string[];
  readonly connectTimeoutMs?: number;
  readonly onHead?: () => void;
  readonly onData?: (chunk: Buffer) => void;
  readonly onEnd?: () => void;
}

/** Starts a call and writes down what its listener hears. Throws when something comes out of turn. */
export class RecordedCall implements UpstreamListener {
  readonly call: UpstreamCall;
  readonly outcome: Promise<Outcome>;
  readonly #options: CallOptions;
  readonly #settle: (outcome: Outcome) => void;
  readonly chunks: Buffer[] = [];
  status: number | null = null;
  headers: UpstreamHeaders = {};
  /** Ends heard: must become 1 and stay there. */
  ends = 0;
  failure: TransportFailure | null = null;

  constructor(transport: Transport, address: CallAddress, options: CallOptions = {}) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#settle = resolve;
    const { headers = [], body = Buffer.from('{}'), connectTimeoutMs = 5_000 } = options;
    this.call = transport.send({ address, headers, body, connectTimeoutMs }, this);
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    if (this.status !== null || this.ends > 0) throw new Error('a head out of turn');
    this.status = status;
    this.headers = headers;
    this.#options.onHead?.();
  }

  onData(chunk: Buffer): void {
    if (this.status === null || this.ends > 0) throw new Error('data out of turn');
    this.chunks.push(chunk);
    this.#options.onData?.(chunk);
  }

  onEnd(): void {
    this.#end(null);
    this.#options.onEnd?.();
  }

  onFailed(failure: TransportFailure): void {
    this.#end(failure);
  }

  #end(failure: TransportFailure | null): void {
    this.ends += 1;
    this.failure = failure;
    this.#settle({ status: this.status, body: this.body, failure });
  }
}

/** Calls once and waits for the end. */
export const callOnce = (
  transport: Transport,
  address: CallAddress,
  options?: CallOptions,
): Promise<Outcome> => new RecordedCall(transport, address, options).outcome;
