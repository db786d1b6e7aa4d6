// One streaming exchange in this process, without a socket: real adapters, attempts and relay between a provider that
// is played from memory and a client that only listens.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '@sluice/contracts';
import type { ClientDialect } from '@sluice/providers';
import { Attempt, type AttemptResult } from '../attempts/attempt.js';
import { Exchange } from '../chat/exchange.js';
import type { ConfigGeneration, PreparedTarget } from '../control/config-generation.js';
import { judgeFields, scanBody } from '../http/judge-body.js';
import type { OpenStreams } from '../relay/open-streams.js';
import { relayError, relayPassed } from '../relay/relay-answer.js';
import type { Transport, UpstreamListener } from '../upstream/transport.js';

/** How a provider's body ends. */
export type BodyEnd = 'closed' | 'reset';

/** What one provider says. */
export interface PlayedBody {
  readonly pieces: readonly Buffer[];
  readonly end: BodyEnd;
}

export interface PlayedExchange {
  readonly text: string;
  /** 0 when there is no answer at all. */
  readonly status: number;
  /** How each attempt ended, in order. */
  readonly results: readonly AttemptResult['kind'][];
}

export interface Stage {
  readonly generation: ConfigGeneration;
  readonly streams: OpenStreams;
  readonly dialect: ClientDialect;
  /** The model whose routes are called in order, each once. */
  readonly model: string;
}

const ENDPOINTS = { chat: 'chat.completions', messages: 'messages' } as const;
const EVENT_ID = '01900000-0000-7000-8000-000000000000';

/** Plays an exchange to its end, in this turn. */
export function playStream(stage: Stage, bodies: readonly PlayedBody[]): PlayedExchange {
  const client = new ListeningClient();
  const exchange = makeExchange(stage, client);
  const targets = exchange.model?.routes[exchange.endpoint] ?? [];
  const results: AttemptResult['kind'][] = [];
  for (const [index, body] of bodies.entries()) {
    const target = targets[index];
    if (target === undefined) throw new Error('more providers than routes');
    const result = runAttempt(exchange, target, body);
    results.push(result.kind);
    if (result.kind === 'failed' && index + 1 < bodies.length && result.failure.fault !== 'client') continue;
    endWith(exchange, result);
    break;
  }
  return { text: client.text, status: client.statusCode, results };
}

function endWith(exchange: Exchange, result: AttemptResult): void {
  if (result.kind === 'interrupted') relayError(exchange, new GatewayError('stream_interrupted'));
  if (result.kind !== 'failed') return;
  const { pass } = result.failure;
  if (pass === null) relayError(exchange, new GatewayError('all_providers_failed'));
  else relayPassed(exchange, pass);
}

function runAttempt(exchange: Exchange, target: PreparedTarget, body: PlayedBody): AttemptResult {
  const player = new Player();
  const results: AttemptResult[] = [];
  const attempt = new Attempt({
    exchange,
    target,
    attemptId: `${EVENT_ID}.1`,
    timeouts: exchange.generation.config.timeouts,
    transport: player,
    onFirstContent: () => undefined,
    onResult: (result) => void results.push(result),
    onBug: (error) => {
      throw error;
    },
  });
  attempt.start(Buffer.from('{}'));
  player.play(body);
  const [result] = results;
  if (result === undefined || results.length > 1) throw new Error(`${results.length} ends of an attempt`);
  return result;
}

/** The provider's side: says what it is told once it has been asked. */
class Player implements Transport {
  #listener: UpstreamListener | null = null;

  send(_request: unknown, listener: UpstreamListener): ReturnType<Transport['send']> {
    this.#listener = listener;
    return { abort: () => (this.#listener = null), pause: () => undefined, resume: () => undefined };
  }

  play({ pieces, end }: PlayedBody): void {
    this.#listener?.onHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) this.#listener?.onData(piece);
    if (end === 'closed') this.#listener?.onEnd();
    else this.#listener?.onFailed({ kind: 'reset', message: 'the connection broke', isSent: true });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  retain(): void {
    // Nothing is kept open.
  }
}

/** As much of node's response as the relay uses; it never asks to wait. */
class ListeningClient {
  text = '';
  statusCode = 0;
  headersSent = false;
  writableEnded = false;
  readonly destroyed = false;
  readonly writableNeedDrain = false;

  writeHead(status: number): void {
    if (this.headersSent) throw new Error('headers were sent twice');
    this.headersSent = true;
    this.statusCode = status;
  }

  write(text: string): boolean {
    if (!this.headersSent || this.writableEnded) throw new Error('written before the head or after the end');
    this.text += text;
    return true;
  }

  end(text: string | Buffer = ''): void {
    if (this.writableEnded) throw new Error('ended twice');
    this.writableEnded = true;
    this.text += typeof text === 'string' ? text : text.toString('latin1');
  }
}

const BODIES = {
  chat: Buffer.from('{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}'),
  messages: Buffer.from(
    '{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}',
  ),
};

function makeExchange({ generation, streams, dialect, model }: Stage, client: ListeningClient): Exchange {
  const endpoint = ENDPOINTS[dialect];
  const exchange = new Exchange({
    // Only headers are read of it.
    request: { headers: {} } as unknown as IncomingMessage,
    // Only what the class has is used.
    response: client as unknown as ServerResponse,
    endpoint,
    generation,
    eventId: EVENT_ID,
    requestId: 'label',
    receivedAtMs: 1_790_000_000_000,
    startedMs: 0,
  });
  exchange.requestedModel = model;
  exchange.model = generation.models.get(model) ?? null;
  exchange.body = judgeFields(scanBody(BODIES[dialect], dialect), endpoint).body;
  exchange.clientStream = streams.open(exchange);
  return exchange;
}
