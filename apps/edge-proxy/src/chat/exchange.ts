// The facts of one request, gathered on its way down the rooms and told once at the end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode, RequestAttempt, RequestOutcome } from '@sluice/contracts';
import { type ClientDialect, type Endpoint, ENDPOINT_DIALECTS, type RequestBody } from '@sluice/providers';
import type { Caller } from '../access/caller.js';
import type { ConfigGeneration, PreparedModel, PreparedTarget } from '../control/config-generation.js';
import type { CallerShare } from '../overload/caller-shares.js';
import type { ClientStream } from '../relay/client-stream.js';

/** How a request's routes were chosen, for its record. */
export interface RoutesTaken {
  /** A RoutingRecord as JSON. */
  recordJson(): string;
}

/** How a request ended; becomes the last fields of its event. */
export interface Ending {
  readonly outcome: RequestOutcome;
  /** What the client saw; 499 when it had gone. */
  readonly status: number;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
}

/** One request of the data plane. Rooms fill in what they find; nothing is ever unset. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: Endpoint;
  /** How the client speaks and wants to be spoken to. */
  readonly dialect: ClientDialect;
  /** The config that this request began with and keeps. */
  readonly generation: ConfigGeneration;
  readonly eventId: string;
  readonly requestId: string;
  /** Wall clock of receipt, ms since the epoch. */
  readonly receivedAtMs: number;
  /** The same as ISO 8601 text. */
  readonly occurredAt: string;
  /** Monotonic clock of receipt. */
  readonly startedMs: number;
  /** The record's first half, kept for the second time it is needed. */
  facts: { readonly target: PreparedTarget | null; readonly json: string } | null = null;

  caller: Caller | null = null;
  /** As the client wrote it. */
  requestedModel: string | null = null;
  model: PreparedModel | null = null;
  body: RequestBody | null = null;
  user: string | null = null;
  /** The client's side of a stream, over all attempts; null for a plain request. */
  clientStream: ClientStream | null = null;

  /** Ended attempts, in order. */
  readonly attempts: RequestAttempt[] = [];
  /** Attempts dispatched so far, the one under way included. */
  attemptsBegun = 0;
  /** The target of the latest attempt. */
  target: PreparedTarget | null = null;
  /** Milliseconds of receipt until the first content byte was written; streams only. */
  firstTokenMs: number | null = null;
  /** Time spent waiting for providers. */
  upstreamMs = 0;
  /** Time spent waiting for a turn at a provider. */
  queueMs = 0;
  /** Time spent waiting until a repeat made sense. */
  waitedMs = 0;
  /** Whether a route that was called has a price. */
  isPriced = false;
  /** How the routes were chosen; null before that. */
  routes: RoutesTaken | null = null;
  /** What it holds while it is under way; kept by `overload/` alone. */
  place: CallerShare | null = null;
  byteShare: CallerShare | null = null;
  heldBytes = 0;
  ending: Ending | null = null;

  constructor(options: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly endpoint: Endpoint;
    readonly generation: ConfigGeneration;
    readonly eventId: string;
    readonly requestId: string;
    readonly receivedAtMs: number;
    readonly startedMs: number;
  }) {
    this.request = options.request;
    this.response = options.response;
    this.endpoint = options.endpoint;
    this.dialect = ENDPOINT_DIALECTS[options.endpoint];
    this.generation = options.generation;
    this.eventId = options.eventId;
    this.requestId = options.requestId;
    this.receivedAtMs = options.receivedAtMs;
    this.occurredAt = new Date(options.receivedAtMs).toISOString();
    this.startedMs = options.startedMs;
  }
}
