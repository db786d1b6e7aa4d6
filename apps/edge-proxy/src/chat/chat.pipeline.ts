// The walk of every request, as one short function: access, judgement, routing, attempts, reporting.
import { GatewayError } from '@sluice/contracts';
import { estimateInputTokens } from '@sluice/providers';
import { runAttempts } from '../attempts/attempt-runner.js';
import type { HealthRegistry } from '../attempts/health-registry.js';
import type { ProviderGate } from '../attempts/provider-gate.js';
import type { RunningWalks } from '../attempts/running-walks.js';
import { judgeFields, scanBody } from '../http/judge-body.js';
import type { PreparedModel } from '../control/config-generation.js';
import { readBody } from '../http/read-body.js';
import { askedDeadlineMs, requireJson, sessionOf } from '../http/request-headers.js';
import type { OverloadGuard } from '../overload/overload-guard.js';
import type { OpenStreams } from '../relay/open-streams.js';
import { relayError, relayEstimate } from '../relay/relay-answer.js';
import type { Reporter } from '../reporting/reporter.js';
import { findModel } from '../routing/find-model.js';
import { isCountedHere, requireEndpoint, type RoutePlanner } from '../routing/route-planner.js';
import { RequestNeeds } from '../routing/request-needs.js';
import { RouteWalk, type RouteWalkOptions } from '../routing/route-walk.js';
import type { Transport } from '../upstream/transport.js';
import type { Exchange } from './exchange.js';

/** What the walk needs beside the exchange. */
export interface ChatRooms {
  readonly transport: Transport;
  readonly planner: RoutePlanner;
  readonly health: HealthRegistry;
  readonly gate: ProviderGate;
  readonly overload: OverloadGuard;
  readonly reporter: Reporter;
  /** Requests that wait for a provider. */
  readonly running: RunningWalks;
  /** Clients of streams that wait or read. */
  readonly streams: OpenStreams;
  /** For what must never happen: the request fails, the process goes on. */
  readonly onBug: (error: unknown, exchange: Exchange) => void;
}

/** Serves one request. Never throws; everything that goes wrong is an answer and an event. */
export function serveExchange(exchange: Exchange, rooms: ChatRooms): void {
  const { request, generation } = exchange;
  guarded(exchange, rooms, () => {
    exchange.caller = generation.keyRing.identify(request.headers, exchange.receivedAtMs);
    rooms.overload.admit(exchange);
    requireJson(request.headers);
    readBody(exchange, rooms.overload, (error, bytes) =>
      guarded(exchange, rooms, () => {
        if (error !== null) throw error;
        if (bytes === null) throw new GatewayError('client_closed_request');
        walk(exchange, bytes, rooms);
      }),
    );
  });
}

function walk(exchange: Exchange, bytes: Buffer, rooms: ChatRooms): void {
  const { model, walkOptions } = judgeRequest(exchange, bytes, rooms);
  const deadlineMs = askedDeadlineMs(exchange.request.headers);
  if (isCountedHere(model, exchange.endpoint)) return endWithEstimate(exchange, bytes, rooms);
  requireEndpoint(model, exchange.endpoint);
  const routes = new RouteWalk(model, walkOptions);
  exchange.routes = routes;
  runAttempts(exchange, {
    ...rooms,
    routes,
    random: Math.random,
    askedDeadlineMs: deadlineMs,
    listener: {
      onIntent: (begun, onWritten) => rooms.reporter.recordIntent(begun, onWritten),
      onEnd: (ended, ending) => rooms.reporter.report(ended, ending),
      onBug: (broken, error) => rooms.onBug(error, broken),
    },
  });
}

/** A request that may be routed. */
export interface JudgedRequest {
  readonly model: PreparedModel;
  readonly walkOptions: RouteWalkOptions;
}

/**
 * Everything that is judged before a route is chosen; fills in the exchange.
 * @throws GatewayError
 */
export function judgeRequest(exchange: Exchange, bytes: Buffer, rooms: ChatRooms): JudgedRequest {
  const { caller, generation, endpoint, request } = exchange;
  if (caller === null) throw new Error('a body was read for nobody');
  const scanned = scanBody(bytes, exchange.dialect);
  exchange.requestedModel = scanned.model;
  const model = findModel(generation, scanned.model, caller);
  exchange.model = model;
  const { body, user, maxTokens } = judgeFields(scanned, endpoint);
  exchange.body = body;
  exchange.user = user;
  const walkOptions: RouteWalkOptions = {
    planner: rooms.planner,
    request: {
      generation,
      endpoint,
      needs: new RequestNeeds(body, maxTokens),
      stream: body.stream,
      stickyKey: sessionOf(request.headers) ?? user,
      random: Math.random,
      nowMs: exchange.startedMs,
      isDryRun: false,
    },
    body,
    asked: scanned.model,
    modelNamed: (name) => generation.catalog.named(name),
  };
  return { model, walkOptions };
}

/** A count that no provider of the model offers: our own, without a call. */
function endWithEstimate(exchange: Exchange, bytes: Buffer, rooms: ChatRooms): void {
  relayEstimate(exchange, estimateInputTokens(bytes));
  rooms.reporter.report(exchange, { outcome: 'succeeded', status: 200, errorCode: null, errorMessage: null });
}

/** Runs one step of the walk; what it throws becomes the answer. */
function guarded(exchange: Exchange, rooms: ChatRooms, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof GatewayError)) rooms.onBug(error, exchange);
    refuse(exchange, rooms, error instanceof GatewayError ? error : new GatewayError('internal_error'));
  }
}

function refuse(exchange: Exchange, rooms: ChatRooms, error: GatewayError): void {
  const isGone = error.code === 'client_closed_request';
  try {
    if (!isGone) relayError(exchange, error);
    rooms.reporter.report(exchange, {
      outcome: isGone ? 'cancelled' : error.status >= 500 ? 'failed' : 'rejected',
      status: error.status,
      errorCode: error.code,
      errorMessage: error.message,
    });
  } catch (bug) {
    rooms.onBug(bug, exchange);
  }
}
