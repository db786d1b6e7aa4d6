// One socket to a provider: connects, carries one request at a time, and says when it is free again.
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import {
  codeOf,
  type ConnectFailure,
  type ConnectPhase,
  toConnectFailure,
  toTimeoutFailure,
} from './connect-failure.js';
import type { BugReporter, CallCarrier, Http1Call } from './http1-call.js';
import { ProtocolViolation } from './protocol-violation.js';
import { isPersistent, keepAliveHintMs } from './response-framing.js';
import type { ResponseHead } from './response-head.js';
import { ResponseParser, type ResponseParserListener } from './response-parser.js';

/** Where a connection goes. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** PEM certificates to trust instead of the system's, null for the system's. */
  readonly ca: string | null;
  /** Asked unless the host is an address. */
  readonly lookup: LookupFunction;
}

/** Who opened the connection. */
export interface ConnectionOwner {
  /** A TLS session that a next connection may resume, null before the first. */
  session: Buffer | null;
  /** May take another request. The hint is the provider's keep-alive timeout, null when it gave none. */
  onFree(connection: Connection, keepAliveHintMs: number | null): void;
  /** Can take no request any more; heard once. */
  onGone(connection: Connection): void;
  readonly onBug: BugReporter;
}

/** Below this, head and body are copied into one buffer; above, two buffers in one system call are cheaper. */
const MAX_COPIED_BODY_BYTES = 16 * 1024;
/** Finds dead peers of calls that may be silent for minutes, and keeps address translators from forgetting them. */
const TCP_KEEP_ALIVE_MS = 60_000;
/** A timer that comes later than this was held up by our own loop. */
const STALL_MS = 50;
/** All sockets read into this, one after the other; what is handed on is copied out. See ADR 0005. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

interface WaitingRequest {
  readonly head: string;
  readonly body: Buffer;
}

export class Connection implements CallCarrier, ResponseParserListener {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser = new ResponseParser(this);
  #connectTimer: NodeJS.Timeout | null = null;
  #call: Http1Call | null = null;
  /** The request that waits for the connection to be made. */
  #waiting: WaitingRequest | null = null;
  #phase: ConnectPhase | 'ready';
  #isGone = false;
  #hasEnded = false;
  #hasServed = false;
  #isPaused = false;
  #isPersistent = false;
  #keepAliveHintMs: number | null = null;
  /** Until when it may lie idle, on the clock of `performance.now()`; the owner's to keep. */
  idleUntilMs = 0;

  constructor(target: ConnectionTarget, connectTimeoutMs: number, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#phase = isIP(target.host) === 0 ? 'resolving' : 'connecting';
    this.#socket = this.#open(target);
    this.#armConnectTimer(connectTimeoutMs, false);
  }

  get isSent(): boolean {
    // A request is written as soon as there is a connection, in the same turn.
    return this.#phase === 'ready';
  }

  /** Takes a request; the connection must be new or free. */
  carry(call: Http1Call, head: string, body: Buffer): void {
    this.#call = call;
    call.carriedBy(this);
    if (this.#phase === 'ready') this.#write(head, body);
    else this.#waiting = { head, body };
  }

  destroy(): void {
    this.#call = null;
    this.#waiting = null;
    this.#stopConnectTimer();
    if (this.#isGone) return;
    this.#isGone = true;
    this.#owner.onGone(this);
    this.#socket.destroy();
  }

  /** Ends it, and fails the call under way. @returns when the socket is closed */
  shutDown(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#fail({ kind: 'aborted', message: 'the gateway closed its connections' });
    });
  }

  /** What the system has read already may still come. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  onHead(head: ResponseHead): void {
    this.#isPersistent = isPersistent(head);
    this.#keepAliveHintMs = keepAliveHintMs(head);
    this.#call?.head(head);
  }

  onBody(chunk: Buffer): void {
    // Copied: the next read of any socket overwrites the buffer, and listeners keep their chunks.
    this.#call?.data(Buffer.from(chunk));
  }

  onComplete(hasExcess: boolean): void {
    const call = this.#call;
    // Aborted by its listener within this read.
    if (call === null) return;
    this.#call = null;
    this.#hasServed = true;
    // Free before the call hears its end: what it starts next may use this connection.
    if (hasExcess || !this.#isReusable) this.destroy();
    else this.#release();
    call.end();
  }

  get #isReusable(): boolean {
    // An answer that came before the whole request was sent leaves the rest of it in the way.
    return this.#isPersistent && !this.#hasEnded && this.#socket.writableLength === 0;
  }

  #release(): void {
    this.#parser.reset();
    // Idle sockets are read too: only so is their end seen.
    if (this.#isPaused) this.resume();
    this.#owner.onFree(this, this.#keepAliveHintMs);
  }

  #open({ host, port, isTls, ca, lookup }: ConnectionTarget): Socket {
    const onread = {
      buffer: READ_BUFFER,
      callback: (length: number): boolean => {
        this.#onRead(READ_BUFFER.subarray(0, length));
        return true;
      },
    };
    const socket = isTls
      ? connectTls(this.#tlsOptions({ host, port, lookup, onread }, ca))
      : connectTcp({ host, port, lookup, onread });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    socket.once('lookup', (error: Error | null) => {
      if (error === null) this.#phase = 'connecting';
    });
    if (isTls) socket.once('connect', () => (this.#phase = 'handshake'));
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#onReady());
    socket.on('session', (session: Buffer) => (this.#owner.session = session));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: Error) => this.#onBroken(error));
    socket.on('close', () => this.#onClose());
    return socket;
  }

  #tlsOptions<T extends { readonly host: string }>(base: T, ca: string | null): T & TlsOptions {
    const { session } = this.#owner;
    return {
      ...base,
      // An address is no server name; certificates for addresses are checked all the same.
      servername: isIP(base.host) === 0 ? base.host : '',
      ALPNProtocols: ['http/1.1'],
      // Said aloud, so that no environment variable can switch the check off.
      rejectUnauthorized: true,
      ...(ca === null ? {} : { ca }),
      ...(session === null ? {} : { session }),
    };
  }

  #onReady(): void {
    this.#stopConnectTimer();
    const waiting = this.#waiting;
    this.#phase = 'ready';
    this.#waiting = null;
    if (waiting !== null) this.#write(waiting.head, waiting.body);
  }

  #write(head: string, body: Buffer): void {
    const socket = this.#socket;
    if (body.length <= MAX_COPIED_BODY_BYTES) {
      const bytes = Buffer.allocUnsafe(head.length + body.length);
      bytes.write(head, 'latin1');
      bytes.set(body, head.length);
      socket.write(bytes);
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }

  #onRead(bytes: Buffer): void {
    // Nobody asked for anything: whatever this is, it would be taken for the next answer.
    if (this.#call === null) return this.destroy();
    try {
      this.#parser.push(bytes);
    } catch (error) {
      if (error instanceof ProtocolViolation) {
        this.#fail({ kind: 'protocol', message: `the answer is not valid HTTP: ${error.message}` });
      } else {
        this.#fail({ kind: 'aborted', message: 'the call was given up after an internal error' });
        this.#owner.onBug(error);
      }
    }
  }

  #onEnd(): void {
    this.#hasEnded = true;
    if (this.#call === null) return this.destroy();
    if (!this.#parser.finish()) this.#onBroken(null);
  }

  #onClose(): void {
    if (!this.#isGone) this.#onBroken(null);
  }

  /**
   * A loop that stood still has no right to blame the provider: what the system holds for us is read first, and
   * the time that was lost is given back, once.
   */
  #armConnectTimer(ms: number, isExtension: boolean): void {
    const dueMs = performance.now() + ms;
    this.#connectTimer = setTimeout(() => {
      const lateMs = performance.now() - dueMs;
      if (lateMs > STALL_MS && !isExtension) this.#armConnectTimer(Math.min(lateMs, ms), true);
      else setImmediate(() => setImmediate(() => this.#onConnectTimeout()));
    }, ms);
  }

  #onConnectTimeout(): void {
    if (this.#phase !== 'ready') this.#fail(toTimeoutFailure(this.#phase));
  }

  #onBroken(error: Error | null): void {
    if (this.#phase !== 'ready') return this.#fail(toConnectFailure(this.#phase, error));
    const code = codeOf(error);
    const isReusedSocket = this.#hasServed && !this.#parser.hasBytes;
    this.#fail({
      kind: 'reset',
      message: `the connection broke before the end of the answer${code === '' ? '' : ` (${code})`}`,
      ...(isReusedSocket ? { isReusedSocket } : {}),
    });
  }

  #fail(failure: ConnectFailure): void {
    const call = this.#call;
    this.destroy();
    call?.fail({ ...failure, isSent: this.isSent });
  }

  #stopConnectTimer(): void {
    if (this.#connectTimer !== null) clearTimeout(this.#connectTimer);
    this.#connectTimer = null;
  }
}
