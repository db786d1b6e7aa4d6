// POST /v1/route/explain: the walk of a request as far as its routes. Calls no provider and gives no event.
import { GatewayError } from '@sluice/contracts';
import { readBody } from '../http/read-body.js';
import { requireJson } from '../http/request-headers.js';
import { relayAnswer, relayError } from '../relay/relay-answer.js';
import { explainRoutes } from '../routing/explain-routes.js';
import { type ChatRooms, judgeRequest } from './chat.pipeline.js';
import type { Exchange } from './exchange.js';

/** @param exchange with the endpoint that the request is meant for. Never throws. */
export function explainExchange(exchange: Exchange, rooms: ChatRooms): void {
  const { request, response, generation } = exchange;
  response.once('close', () => rooms.overload.end(exchange));
  answering(exchange, rooms, () => {
    exchange.caller = generation.keyRing.identify(request.headers, exchange.receivedAtMs);
    rooms.overload.admit(exchange);
    requireJson(request.headers);
    readBody(exchange, rooms.overload, (error, bytes) =>
      answering(exchange, rooms, () => {
        if (error !== null) throw error;
        if (bytes !== null) explain(exchange, bytes, rooms);
      }),
    );
  });
}

function explain(exchange: Exchange, bytes: Buffer, rooms: ChatRooms): void {
  const { model, walkOptions } = judgeRequest(exchange, bytes, rooms);
  const record = { endpoint: exchange.endpoint, ...explainRoutes(model, walkOptions) };
  relayAnswer(exchange, 200, Buffer.from(JSON.stringify(record)));
}

function answering(exchange: Exchange, rooms: ChatRooms, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof GatewayError)) rooms.onBug(error, exchange);
    relayError(exchange, error instanceof GatewayError ? error : new GatewayError('internal_error'));
  }
}
