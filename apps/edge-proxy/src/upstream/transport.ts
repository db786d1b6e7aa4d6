// The only door to providers. One implementation today (`http1/`); the walk knows nothing but this.

/** Response headers, lower-case names. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Why a call failed before or instead of a complete answer. */
export type TransportFailureKind =
  /** Too many connections of ours, or a socket error that none of the others names. */
  | 'connect'
  /** Nobody listens there. */
  | 'refused'
  /** The name has no address, or its resolver gave no answer in time. */
  | 'dns'
  /** The handshake failed, most often for a certificate's sake. */
  | 'tls'
  /** The address is one that the provider's config does not allow. */
  | 'address_blocked'
  | 'connect_timeout'
  /** The connection was made, and broke before the answer was whole. */
  | 'reset'
  /** What came, or was to be sent, is not the HTTP that we speak. */
  | 'protocol'
  /** We ended it. */
  | 'aborted';

/** A call that broke. */
export interface TransportFailure {
  readonly kind: TransportFailureKind;
  /** Ours, fit for clients: it names no secret and no address. */
  readonly message: string;
  /** More of ours for the record, not for clients: it may tell what lies in our own network. */
  readonly detail?: string;
  /**
   * True as soon as a byte of the request was handed to a connection that was made, TLS included; false = nothing
   * of it can have reached the provider.
   */
  readonly isSent: boolean;
  /** Set when this machine or process is at its limit (ports, files, connections): no fault of the provider's. */
  readonly isOurs?: boolean;
  /**
   * Set when the connection had served before and broke without a byte of this answer: most often the provider
   * closed it, idle, just as the request went out. Whether it saw the request cannot be known.
   */
  readonly isReusedSocket?: boolean;
}

/** Where a call goes. Keep one object for each address: what is worked out for it is kept with it. */
export interface CallAddress {
  /** E.g. `https://api.openai.com`. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** Flat list of names and values; holds the credential, never log it. */
  readonly headers: readonly string[];
  /** Whether addresses of our own network may be dialled; else only public ones. */
  readonly allowPrivateNetwork: boolean;
}

/** What decides which calls may share a connection. */
export type PoolKey = Pick<CallAddress, 'origin' | 'allowPrivateNetwork'>;

/** What the caller of an upstream hears, in this order: head, data*, then end or failed, exactly one of both. */
export interface UpstreamListener {
  onHead(status: number, headers: UpstreamHeaders): void;
  /** The chunk is the listener's to keep. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailed(failure: TransportFailure): void;
}

/** A call under way. */
export interface UpstreamCall {
  /**
   * Closes the connection. The listener hears `onFailed` with kind `aborted` before this returns, unless it has
   * heard an end already, and nothing after it. Idempotent.
   */
  abort(): void;
  /** Stops reading from the provider; what was read already still comes. */
  pause(): void;
  resume(): void;
}

export interface UpstreamRequest {
  readonly address: CallAddress;
  /** Flat list of names and values, after the address's own. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly connectTimeoutMs: number;
}

export interface Transport {
  /** The listener hears nothing before this returns. */
  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamCall;
  /**
   * To be called after each swap of the config, with the address of every provider that a new request can come to,
   * once or more often. Connections to all others are given up: idle ones are closed at once, busy ones after their
   * call. Walks that began with the old config may still call there, on connections that serve one call.
   */
  retain(keys: Iterable<PoolKey>): void;
  /** Closes all connections; calls under way fail. */
  close(): Promise<void>;
}
