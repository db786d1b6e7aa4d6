import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../sign-in/caller.js';

/** Fastify's request, as far as we need it. */
export interface ApiRequest {
  readonly raw: IncomingMessage;
  /** The bytes; undefined when there are none. */
  readonly body: unknown;
  /** Set by the guard for handlers that require a role. */
  caller?: Caller;
}

/** Fastify's reply, as far as we need it. */
export interface ApiReply {
  readonly raw: ServerResponse;
  /** From now on the handler writes to `raw` itself. */
  hijack(): void;
}

/** Who asks. Throws when the handler requires no role: a bug. */
export function callerOf(request: ApiRequest): Caller {
  if (request.caller === undefined) throw new Error('the handler requires no role, so it has no caller');
  return request.caller;
}
