// One upstream call from dispatch to its end: collects a whole answer or relays a stream.
import type { TimeoutsConfig } from '@sluice/config-schema';
import type { TokenCounts } from '@sluice/contracts';
import type { Answer, StreamEnd, StreamReader } from '@sluice/providers';
import type { Exchange } from '../chat/exchange.js';
import type { PreparedTarget } from '../control/config-generation.js';
import type { ClientStream, Pausable } from '../relay/client-stream.js';
import { toUpstreamHeaders } from '../upstream/to-upstream-headers.js';
import type {
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamHeaders,
  UpstreamListener,
} from '../upstream/transport.js';
import type { AttemptFailure } from './attempt-failure.js';
import { AttemptTimer, type Awaited } from './attempt-timer.js';
import { type AttemptUsage, estimateUsage } from './attempt-usage.js';
import { ByteCollector } from './byte-collector.js';
import {
  fromProviderFailure,
  fromProviderFault,
  fromTransportFailure,
  toTimeoutFailure,
} from './to-attempt-failure.js';

/** Whole answers above this are refused; the largest honest ones are batches of embeddings. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Of an error only the start is of interest. */
const MAX_ERROR_BYTES = 1024 * 1024;
/** Lifecycle events that may pile up before the first content. */
const MAX_HELD_BYTES = 1024 * 1024;
/** How long a provider may keep a connection open after its terminal marker before it is closed. */
const LINGER_MS = 1_000;
/**
 * A plain answer comes with its last token, not with its first one: its head may take this many times
 * `timeouts.firstToken`. With the defaults that is half of `timeouts.total`, so that another route still has its turn.
 */
const PLAIN_HEAD_FACTOR = 5;

/** How an attempt ended. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly body: Buffer }
  /** The stream went to the client whole; its terminal marker included. */
  | { readonly kind: 'streamed' }
  /** The stream's content had begun when it broke; the client has not been told yet. */
  | { readonly kind: 'interrupted'; readonly failure: AttemptFailure }
  /** No content reached the client. */
  | { readonly kind: 'failed'; readonly failure: AttemptFailure };

/** What one attempt needs to know. */
export interface AttemptOptions {
  readonly exchange: Exchange;
  readonly target: PreparedTarget;
  readonly attemptId: string;
  /** Those of the model that the target belongs to: a fallback has its own. */
  readonly timeouts: TimeoutsConfig;
  readonly transport: Transport;
  /** Heard once, when the first content goes to the client: from here on the provider has served. */
  readonly onFirstContent: () => void;
  /** Heard once, never after {@link Attempt.abandon}. */
  readonly onResult: (result: AttemptResult) => void;
  /** Hears what must never happen, `onResult` throwing included; the call is over then. */
  readonly onBug: (error: unknown) => void;
}

export class Attempt implements UpstreamListener, Pausable {
  readonly #options: AttemptOptions;
  /** Null when the client wants a whole answer. */
  readonly #stream: ClientStream | null;
  readonly #bytes = new ByteCollector();
  #call: UpstreamCall | null = null;
  readonly #timer = new AttemptTimer((awaited, afterMs) => this.#onTimeout(awaited, afterMs));
  #headers: UpstreamHeaders = {};
  #reader: StreamReader | null = null;
  #held = '';
  #tokens: TokenCounts | null = null;
  #isOver = false;
  #isAnswered = false;
  /** The call ended before its answer did: nobody said what it cost. */
  #isCut = false;
  /** Nothing of the request has reached the provider. */
  #isUnsent = false;
  /** The client read too slowly, and nothing has come since we stopped reading for it. */
  #isHeldBack = false;
  /** The provider's HTTP status, null until it arrives. */
  status: number | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#stream = options.exchange.clientStream;
  }

  /** @param upstreamBody what the target's adapter made of the client's body */
  start(upstreamBody: Buffer): void {
    const { exchange, target, attemptId, timeouts, transport } = this.#options;
    const { body, request } = exchange;
    if (body === null) throw new Error('an attempt needs a judged body');
    const headers = toUpstreamHeaders({
      requestId: exchange.requestId,
      attemptId: target.provider.sendAttemptId ? attemptId : null,
      forwarded: target.adapter.forwardedHeaders,
      client: request.headers,
    });
    this.#timer.arm('first_token', timeouts.firstTokenMs * (body.stream ? 1 : PLAIN_HEAD_FACTOR));
    this.#call = transport.send(
      {
        address: target.address,
        headers,
        body: upstreamBody,
        connectTimeoutMs: timeouts.connectMs,
      },
      this,
    );
  }

  /** Whether the client has got content: of this attempt, since nothing is tried after that. */
  get isCommitted(): boolean {
    return this.#stream?.isCommitted === true;
  }

  /** Ends the call from our side; the result is not reported any more. */
  abandon(): void {
    this.#isOver = true;
    this.#isCut = true;
    this.#timer.disarm();
    this.#call?.abort();
  }

  /** What was used, as well as it is known now. */
  usage(): AttemptUsage {
    const reader = this.#reader;
    const counted = this.#tokens ?? reader?.tokens() ?? null;
    const isFinal = reader === null || reader.isUsageFinal;
    if (counted !== null && isFinal) return { tokens: counted, source: 'provider' };
    const { body, endpoint } = this.#options.exchange;
    return estimateUsage({
      endpoint,
      begun: counted,
      contentEvents: reader?.contentEvents ?? null,
      mayBeBilled: this.#mayBeBilled(),
      requestBytes: body?.bytes.length ?? 0,
      answerBytes: this.#bytes.length,
    });
  }

  /** A refusal or garbage costs nothing; what was answered, or cut off while it may have been, does. */
  #mayBeBilled(): boolean {
    if (this.#isAnswered || this.isCommitted) return true;
    if (this.#isUnsent || this.#call === null) return false;
    return this.#isCut && (this.status === null || this.status < 300);
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    try {
      this.#takeHead(status, headers);
    } catch (error) {
      this.#onBug(error);
    }
  }

  onData(chunk: Buffer): void {
    try {
      this.#takeData(chunk);
    } catch (error) {
      this.#onBug(error);
    }
  }

  onEnd(): void {
    try {
      this.#takeEnd();
    } catch (error) {
      this.#onBug(error);
    }
  }

  onFailed(failure: TransportFailure): void {
    try {
      this.#takeFailure(failure);
    } catch (error) {
      this.#onBug(error);
    }
  }

  #takeHead(status: number, headers: UpstreamHeaders): void {
    if (this.#isOver) return;
    this.status = status;
    this.#headers = headers;
    const { exchange, target } = this.#options;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      return this.#break(fromProviderFault('it sent an encoded body that was not asked for', status));
    }
    const { body } = exchange;
    if (body?.stream === true && status < 300 && !isJson(headers['content-type'])) {
      this.#reader = target.adapter.openStream({
        endpoint: exchange.endpoint,
        model: exchange.requestedModel ?? '',
        base64: false,
        createdSeconds: secondsOf(exchange),
        answerId: exchange.eventId,
        hideUsage: target.adapter.forcesUsage(body, target.provider),
        choices: body.choices,
      });
    } else {
      this.#armIdle();
    }
  }

  #takeData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#isHeldBack = false;
    if (this.#reader !== null) return this.#onStreamData(this.#reader, chunk);
    this.#timer.putOff();
    const isError = this.status === null || this.status >= 300;
    this.#bytes.add(chunk);
    if (isError && this.#bytes.length > MAX_ERROR_BYTES) return this.#onAnswer();
    if (this.#bytes.length > MAX_ANSWER_BYTES) {
      this.#break(fromProviderFault(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`, this.status));
    }
  }

  #takeEnd(): void {
    if (this.#isOver) return;
    if (this.#reader === null) this.#onAnswer();
    else this.#onStreamEnd(this.#reader.end());
  }

  #takeFailure(failure: TransportFailure): void {
    this.#isUnsent = !failure.isSent;
    if (this.#isOver) return;
    this.#isCut = this.status !== null;
    const connectTimeoutMs = this.#options.timeouts.connectMs;
    this.#break(fromTransportFailure(failure, { status: this.status, connectTimeoutMs }));
  }

  #onStreamData(reader: StreamReader, chunk: Buffer): void {
    const stream = this.#clientStream();
    const text = reader.push(chunk);
    if (stream.isCommitted) {
      this.#timer.putOff();
      stream.write(text, this);
    } else if (reader.hasContent) {
      const { exchange, onFirstContent } = this.#options;
      exchange.firstTokenMs = performance.now() - exchange.startedMs;
      onFirstContent();
      this.#armIdle();
      stream.write(this.#held + text, this);
      this.#held = '';
    } else {
      this.#held += text;
      if (this.#held.length > MAX_HELD_BYTES) {
        return this.#break(fromProviderFault(`it sent ${MAX_HELD_BYTES} bytes without content`, this.status));
      }
    }
    if (reader.fatal !== null) this.#onStreamEnd(reader.fatal);
    else if (reader.isDone) this.#onStreamEnd(reader.end());
  }

  #onStreamEnd(end: StreamEnd): void {
    if (end.kind === 'failure') return this.#break(this.#fromFailure(end.failure, null));
    if (end.kind === 'broken') return this.#break(fromProviderFault(end.reason, this.status));
    this.#clientStream().complete(this.#held + end.tail);
    this.#linger();
    this.#finish({ kind: 'streamed' });
  }

  /** A provider that ends its body soon keeps its connection; one that does not, loses it. */
  #linger(): void {
    const call = this.#call;
    setTimeout(() => call?.abort(), LINGER_MS).unref();
  }

  #onAnswer(): void {
    const { exchange, target } = this.#options;
    const bytes = this.#bytes.take();
    const status = this.status ?? 0;
    if (status >= 300) {
      return this.#break(this.#fromFailure(target.adapter.readFailure(status, bytes), bytes));
    }
    const { requestedModel, body } = exchange;
    const answer = target.adapter.fromAnswer(bytes, {
      endpoint: exchange.endpoint,
      model: requestedModel ?? '',
      base64: body?.base64 ?? false,
      createdSeconds: secondsOf(exchange),
      answerId: exchange.eventId,
    });
    if (answer.kind === 'failure') return this.#break(this.#fromFailure(answer.failure, bytes));
    this.#onReadAnswer(answer, body?.stream ?? false);
  }

  #onReadAnswer(answer: Exclude<Answer, { kind: 'failure' }>, isStreamWanted: boolean): void {
    if (answer.kind === 'garbage') return this.#break(fromProviderFault(answer.reason, this.status));
    if (isStreamWanted) {
      this.#tokens = answer.tokens;
      return this.#break(
        fromProviderFault('it answered a request for a stream with one document', this.status),
      );
    }
    this.#tokens = answer.tokens;
    this.#isAnswered = true;
    this.#finish({ kind: 'answered', body: answer.body });
  }

  #fromFailure(failure: Parameters<typeof fromProviderFailure>[0], body: Buffer | null): AttemptFailure {
    return fromProviderFailure(failure, {
      faults: this.#options.target.provider.faults,
      status: this.status,
      headers: this.#headers,
      body,
      nowMs: Date.now(),
      dialect: this.#options.exchange.dialect,
      requestId: this.#options.exchange.requestId,
    });
  }

  #break(failure: AttemptFailure): void {
    // First, since an abort may be heard at once.
    this.#isOver = true;
    this.#call?.abort();
    // Whoever is not read gives up at last: that is the client's slowness, not the provider's.
    const judged = this.#isHeldBack ? { ...failure, isOurs: true } : failure;
    if (this.isCommitted) this.#finish({ kind: 'interrupted', failure: judged });
    else this.#finish({ kind: 'failed', failure: judged });
  }

  #onBug(error: unknown): void {
    this.abandon();
    this.#options.onBug(error);
  }

  #finish(result: AttemptResult): void {
    this.#isOver = true;
    this.#timer.disarm();
    this.#options.onResult(result);
  }

  /** For the relay: the client reads more slowly than the provider writes. */
  pause(): void {
    // A client that reads slowly is no fault of the provider's.
    this.#timer.disarm();
    this.#isHeldBack = true;
    this.#call?.pause();
  }

  /** For the relay: the client has caught up. */
  resume(): void {
    if (this.#isOver) return;
    this.#armIdle();
    this.#call?.resume();
  }

  #armIdle(): void {
    this.#timer.arm('idle', this.#options.timeouts.idleMs);
  }

  #onTimeout(awaited: Awaited, afterMs: number): void {
    try {
      this.#isCut = true;
      this.#break(toTimeoutFailure(awaited, afterMs, this.status));
    } catch (error) {
      this.#onBug(error);
    }
  }

  #clientStream(): ClientStream {
    if (this.#stream === null) throw new Error('a stream that no client waits for');
    return this.#stream;
  }
}

const secondsOf = (exchange: Exchange): number => Math.trunc(exchange.receivedAtMs / 1000);

function isJson(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && contentType.startsWith('application/json');
}
