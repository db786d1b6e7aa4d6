// One call and its answer: reads the body, writes the answer with the faults that count bytes, and tells the ledger how it
// ended. Everything that waits here ends when the caller goes away.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { countsBytes, type FaultPlan, NO_FAULTS, type Refusal } from '../faults/fault.js';
import type { Ledger } from '../ledger/ledger.js';
import type { OpenServing } from '../ledger/serving.js';
import type { Concurrency } from './concurrency.js';
import type { ConnectionGate } from './connection-gate.js';
import type { Dialect, ErrorAnswer } from './dialect.js';
import type { OpenAiError } from './openai-error.js';

/** What an exchange needs from its server. */
export interface ExchangeContext {
  readonly ledger: Ledger;
  readonly concurrency: Concurrency;
  readonly gate: ConnectionGate;
  /** For what should never happen: a bug. This call ends; the others go on. */
  readonly onError: (error: unknown) => void;
}

/** One call, when its head has arrived. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The caller's, else made here. */
  readonly attemptId: string;
  readonly sentAttemptId: string | undefined;
  readonly endpoint: string;
  readonly dialect: Dialect;
}

/** Larger bodies are answered 413: well above what the gateway lets through. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = 'application/json';
const NO_BYTES = Buffer.alloc(0);

/** One call. Made when its head has arrived; ends itself when the response closes. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly serving: OpenServing;
  readonly sentAttemptId: string | undefined;
  readonly dialect: Dialect;
  plan: FaultPlan = NO_FAULTS;
  private ledgerNumber: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private waiting: (() => void) | undefined;
  /** Bytes held back by a stall. */
  private heldBack: Buffer = NO_BYTES;
  private readonly furtherHeaders: string[] = [];
  private ending = false;
  private stalled = false;
  private stallDone = false;
  private broken = false;
  private open = true;
  private readonly leave: () => void;
  private leaveModel: (() => void) | undefined;

  constructor(
    call: Call,
    private readonly context: ExchangeContext,
  ) {
    const { request, response } = call;
    this.request = request;
    this.response = response;
    this.sentAttemptId = call.sentAttemptId;
    this.dialect = call.dialect;
    this.leave = context.concurrency.enter();
    this.serving = {
      attemptId: call.attemptId,
      endpoint: call.endpoint,
      startedAt: new Date().toISOString(),
      model: '',
      stream: false,
      status: 0,
      promptTokens: 0,
      completionTokens: 0,
      bytesSent: 0,
      ended: 'complete',
      fault: null,
    };
    response.on('close', () => this.onClose());
    // A reset while writing shows up as close; without a listener it would end the process.
    response.on('error', () => response.destroy());
    request.on('error', () => response.destroy());
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** The caller's `x-demo-fault`. */
  get faultHeader(): string | undefined {
    const value = this.request.headers['x-demo-fault'];
    return typeof value === 'string' ? value : undefined;
  }

  /** Reads the body and calls back with its text; too large a one is answered here. Nobody is called when the caller leaves. */
  readBody(onBody: (text: string) => void): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    this.request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
    });
    this.request.on('end', () => {
      if (bytes > MOST_BODY_BYTES) {
        const message = `The body is larger than ${MOST_BODY_BYTES} bytes.`;
        const code = 'request_too_large';
        this.fail({ status: 413, type: 'invalid_request_error', message, param: null, code });
        return;
      }
      this.guard(() => onBody(Buffer.concat(chunks).toString()));
    });
  }

  /** Puts the serving on record: from here on the answer may begin. */
  begin(model: string): void {
    this.serving.model = model;
    this.leaveModel = this.context.concurrency.enterModel(model);
    this.ledgerNumber = this.context.ledger.begin(this.serving);
  }

  /** Calls back after `ms`, unless the caller leaves. One wait at a time. */
  later(ms: number, callback: () => void): void {
    this.timer = setTimeout(() => {
      if (this.open) this.guard(callback);
    }, ms);
  }

  /** Calls back once more can be written: after a stall, or when a slow reader has caught up. */
  whenWritable(callback: () => void): void {
    if (this.stalled) this.waiting = callback;
    else {
      this.response.once('drain', () => {
        if (this.open) this.guard(callback);
      });
    }
  }

  /** Sends the head. `bytes` is the length of the whole body; undefined for a stream. */
  head(status: number, contentType: string, bytes?: number): void {
    this.serving.status = status;
    const headers = this.baseHeaders(this.plan.contentType ?? contentType);
    if (bytes === undefined) headers.push('cache-control', 'no-cache');
    else headers.push('content-length', String(bytes));
    this.response.writeHead(status, headers);
    // A pause or a cut at byte 0 comes after the head, so the head must go out by itself.
    if (countsBytes(this.plan)) this.response.flushHeaders();
  }

  /** Writes a piece of the body. False: wait for {@link whenWritable}. */
  write(data: string | Buffer): boolean {
    if (!this.open) return false;
    if (countsBytes(this.plan)) return this.writeCounted(typeof data === 'string' ? Buffer.from(data) : data);
    this.serving.bytesSent += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    return this.response.write(data);
  }

  /** Ends the answer, after what a stall holds back. */
  end(): void {
    this.ending = true;
    if (this.open && !this.stalled) this.response.end();
  }

  /** A whole answer in one write. */
  answer(status: number, contentType: string, body: string | Buffer): void {
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.head(status, contentType, bytes);
    if (countsBytes(this.plan)) {
      this.write(body);
      this.end();
      return;
    }
    this.serving.bytesSent = bytes;
    this.response.end(body);
  }

  /** Answers with an error of the caller. */
  fail(error: OpenAiError): void {
    if (this.response.headersSent || !this.open) return;
    this.answerError(this.dialect.toErrorAnswer(error, this.requestId));
  }

  /** Adds a header to the answer. */
  addHeader(name: string, value: string): void {
    this.furtherHeaders.push(name, value);
  }

  /** Answers with the error that a fault asks for. */
  refuse(refusal: Refusal): void {
    this.breakAnswer();
    for (const [name, value] of Object.entries(refusal.headers)) this.furtherHeaders.push(name, value);
    if (refusal.retryAfterDateSeconds !== undefined) {
      const date = new Date(Date.now() + refusal.retryAfterDateSeconds * 1000);
      this.furtherHeaders.push('retry-after', date.toUTCString());
    }
    const { status, type, message, code } = refusal;
    this.answerError(
      this.dialect.toErrorAnswer({ status, type, message, param: null, code }, this.requestId),
    );
  }

  /** The serving counts as broken by a fault, however it ends. */
  breakAnswer(): void {
    this.broken = true;
  }

  /** The connection ends now, without another byte. */
  drop(reset: boolean): void {
    this.breakAnswer();
    const { socket } = this.response;
    if (socket === null) return;
    if (reset) socket.resetAndDestroy();
    else socket.destroy();
  }

  private guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.context.onError(error);
      this.response.destroy();
    }
  }

  private get requestId(): string {
    return requestIdOf(this.request) ?? this.serving.attemptId;
  }

  private answerError({ status, headers, body }: ErrorAnswer): void {
    for (const [name, value] of Object.entries(headers)) this.addHeader(name, value);
    this.answer(status, JSON_TYPE, body);
  }

  private baseHeaders(contentType: string): string[] {
    const headers = ['content-type', contentType, this.dialect.requestIdHeader, this.requestId];
    headers.push(...this.furtherHeaders);
    if (this.plan.connections !== undefined) headers.push('connection', 'close');
    return headers;
  }

  /** Lets through what comes before a cut or a stall. */
  private writeCounted(data: Buffer): boolean {
    if (this.stalled) {
      this.heldBack = Buffer.concat([this.heldBack, data]);
      return false;
    }
    const { cut, stall } = this.plan;
    const sent = this.serving.bytesSent;
    const untilStall = stall === undefined || this.stallDone ? Infinity : stall.afterBytes - sent;
    const untilCut = cut === undefined ? Infinity : cut.afterBytes - sent;
    const room = Math.min(untilCut, untilStall);
    if (data.length < room || room === Infinity) return this.writeThrough(data);
    this.writeThrough(data.subarray(0, room));
    if (untilStall < untilCut) this.beginStall(data.subarray(room), stall?.forMs);
    else this.cutNow(cut?.reset === true);
    return false;
  }

  private writeThrough(data: Buffer): boolean {
    this.serving.bytesSent += data.length;
    return data.length === 0 ? true : this.response.write(data);
  }

  private beginStall(rest: Buffer, forMs: number | undefined): void {
    this.stalled = true;
    this.heldBack = rest;
    if (forMs === undefined) return;
    this.later(forMs, () => {
      this.stalled = false;
      this.stallDone = true;
      const held = this.heldBack;
      this.heldBack = NO_BYTES;
      const mayGoOn = this.write(held);
      const { waiting } = this;
      this.waiting = undefined;
      if (this.ending) this.end();
      else if (waiting !== undefined) {
        if (mayGoOn) waiting();
        else this.whenWritable(waiting);
      }
    });
  }

  private cutNow(reset: boolean): void {
    this.breakAnswer();
    this.open = false;
    const { socket } = this.response;
    // An empty write is called back when all before it has left this process.
    socket?.write('', () => this.drop(reset));
  }

  private onClose(): void {
    this.open = false;
    clearTimeout(this.timer);
    this.waiting = undefined;
    this.heldBack = NO_BYTES;
    this.leave();
    this.leaveModel?.();
    if (this.broken) this.serving.ended = 'fault';
    else if (!this.response.writableFinished) this.serving.ended = 'client_gone';
    this.context.ledger.end(this.ledgerNumber, this.serving);
    if (this.plan.connections !== undefined) this.context.gate.apply(this.plan.connections);
  }
}

/** The caller's request id, if it sent one. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['x-request-id'];
  return typeof value === 'string' ? value : undefined;
}
