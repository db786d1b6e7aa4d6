// What a walk over a request's routes is given.
import type { Ending, Exchange } from '../chat/exchange.js';
import type { OpenStreams } from '../relay/open-streams.js';
import type { Transport } from '../upstream/transport.js';
import type { HealthRegistry } from './health-registry.js';
import type { ProviderGate } from './provider-gate.js';
import type { RouteChoice } from './route-choice.js';
import type { RunningWalks } from './running-walks.js';

/** What the walk tells the rooms around it. */
export interface WalkListener {
  /** Before each upstream call, which begins with `onWritten`: by then the intent is stored. */
  onIntent(exchange: Exchange, onWritten: () => void): void;
  /** Once, when the client has its answer or is gone; also after a bug. */
  onEnd(exchange: Exchange, ending: Ending): void;
  /** What must never happen. The walk ends the request by itself. */
  onBug(exchange: Exchange, error: unknown): void;
}

export interface WalkOptions {
  readonly transport: Transport;
  readonly health: HealthRegistry;
  readonly gate: ProviderGate;
  /** Keeps the clients of streams awake. */
  readonly streams: OpenStreams;
  /** Holds each walk from its start to its end. */
  readonly running: RunningWalks;
  readonly listener: WalkListener;
  readonly routes: RouteChoice;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** `x-sluice-deadline-ms`, null when the client asks nothing. */
  readonly askedDeadlineMs: number | null;
}
