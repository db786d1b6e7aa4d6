import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange } from '../chat/exchange.js';
import { makeEventId } from '../reporting/event-id.js';
import { makeTestGeneration, modelOver, KEY } from './test-generation.js';

/** An exchange with a caller and a model, as if it stood before its first attempt; for pure functions over it. */
export async function makeTestExchange(headers: Record<string, string> = {}): Promise<Exchange> {
  const generation = await makeTestGeneration(modelOver([{ baseUrl: 'http://127.0.0.1:9/v1' }]));
  const exchange = new Exchange({
    // Only headers are read of these two.
    request: { headers } as unknown as IncomingMessage,
    response: {} as ServerResponse,
    endpoint: 'chat.completions',
    generation,
    eventId: makeEventId(1_790_000_000_000),
    requestId: 'label',
    receivedAtMs: 1_790_000_000_000,
    startedMs: performance.now(),
  });
  exchange.caller = generation.keyRing.identify({ 'x-api-key': KEY }, 0);
  exchange.model = generation.models.get('m') ?? null;
  exchange.requestedModel = 'm';
  return exchange;
}
