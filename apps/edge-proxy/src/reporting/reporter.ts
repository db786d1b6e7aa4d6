import { requestSubject } from '@sluice/contracts';
import type { Ending, Exchange } from '../chat/exchange.js';
import type { EdgeMetrics } from './edge-metrics.js';
import { type EventOrigin, makeEventOrigin, toIntentJson, toRequestEventJson } from './to-request-event.js';

/** The spool, as far as this room needs it. Neither call throws. */
export interface EventSink {
  readonly spoolId: string;
  /** `onWritten` is called when the intent is stored (or counted as not stored), not before this call returns. */
  appendIntent(eventId: string, intentJson: string, onWritten: () => void): void;
  appendRequestEvent(eventId: string, subject: string, toJson: (spoolSeq: number) => string): void;
}

/** The log, as far as this room needs it. */
export interface RequestLog {
  readonly isDebug: boolean;
  debug(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const MAX_MESSAGE_CHARS = 1024;

/** Tells what became of each request: one intent before the upstream is called, one event at the end. */
export class Reporter {
  readonly #sink: EventSink;
  readonly #log: RequestLog;
  readonly #metrics: EdgeMetrics;
  readonly #origin: EventOrigin;
  readonly #mask: (text: string) => string;
  readonly #onEnd: (exchange: Exchange) => void;

  constructor(options: {
    readonly sink: EventSink;
    readonly log: RequestLog;
    readonly metrics: EdgeMetrics;
    readonly instance: string;
    readonly mask: (text: string) => string;
    /** Told once of each request, before its event is written. */
    readonly onEnd: (exchange: Exchange) => void;
  }) {
    this.#sink = options.sink;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#origin = makeEventOrigin(options.instance, options.sink.spoolId);
    this.#mask = options.mask;
    this.#onEnd = options.onEnd;
  }

  /** Written before the provider is called, in `onWritten`: a request whose process dies is still known. */
  recordIntent(exchange: Exchange, onWritten: () => void): void {
    this.#sink.appendIntent(exchange.eventId, toIntentJson(exchange, this.#origin), onWritten);
  }

  /** Once for each request. Without a caller there is no event: nobody could be billed or told. */
  report(exchange: Exchange, ending: Ending): void {
    if (exchange.ending !== null) return;
    const masked = this.#masked(ending);
    exchange.ending = masked;
    this.#metrics.onEnd(exchange, masked);
    this.#onEnd(exchange);
    if (exchange.caller !== null) {
      const nowMs = performance.now();
      this.#sink.appendRequestEvent(exchange.eventId, requestSubject(masked.outcome), (spoolSeq) =>
        toRequestEventJson(exchange, masked, { origin: this.#origin, spoolSeq, nowMs }),
      );
    }
    this.#writeLog(exchange, masked);
  }

  #masked(ending: Ending): Ending {
    if (ending.errorMessage === null) return ending;
    return { ...ending, errorMessage: this.#mask(ending.errorMessage).slice(0, MAX_MESSAGE_CHARS) };
  }

  /** One line a request would double the event stream: only what went wrong on our side is worth a warning. */
  #writeLog(exchange: Exchange, ending: Ending): void {
    // Whoever turns requests away by the thousand says so once.
    const isTurnedAway = ending.errorCode === 'overloaded' && exchange.attempts.length === 0;
    const isOurs = (ending.status >= 500 && !isTurnedAway) || ending.errorCode === 'stream_interrupted';
    if (!isOurs && !this.#log.isDebug) return;
    const facts = {
      requestId: exchange.requestId,
      eventId: exchange.eventId,
      keyId: exchange.caller?.keyId,
      model: exchange.requestedModel,
      provider: exchange.target?.provider.name,
      outcome: ending.outcome,
      status: ending.status,
      errorCode: ending.errorCode,
      errorMessage: ending.errorMessage,
      attempts: exchange.attempts.length,
    };
    if (isOurs) this.#log.warn(facts, 'request failed');
    else this.#log.debug(facts, 'request ended');
  }
}
