import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GatewayError } from '@sluice/contracts';
import type { ClientDialect } from '@sluice/providers';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** Honest ones are far shorter; the pattern's time grows with the square of a run of blanks. */
const MAX_TYPE_CHARS = 128;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

/** The client's own label when it is a good one, else the event id. */
export function requestIdOf(headers: IncomingHttpHeaders, eventId: string): string {
  const asked = headers['x-request-id'];
  return typeof asked === 'string' && REQUEST_ID.test(asked) ? asked : eventId;
}

/** A request's path without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

const MESSAGES_PATH = /^\/v1\/messages(?:\/|$)/;
const CHAT_PATH = /^\/v1\/(?:chat|embeddings)(?:\/|$)/;

/** How a client speaks that may not have named an endpoint: by its path, else by the header that Anthropic demands. */
export function dialectOf({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): ClientDialect {
  const path = pathOf(url);
  if (MESSAGES_PATH.test(path)) return 'messages';
  return headers['anthropic-version'] !== undefined && !CHAT_PATH.test(path) ? 'messages' : 'chat';
}

const isJsonType = (type: string): boolean => type.length <= MAX_TYPE_CHARS && JSON_TYPE.test(type);

/** @throws GatewayError `unsupported_media_type`. A body without a type is taken for JSON. */
export function requireJson(headers: IncomingHttpHeaders): void {
  const type = headers['content-type'];
  if (type !== undefined && type !== 'application/json' && !isJsonType(type)) {
    throw new GatewayError('unsupported_media_type', {
      message: 'The body must be JSON in UTF-8: send "Content-Type: application/json".',
    });
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('unsupported_media_type', {
      message: 'The body must be sent without a content encoding.',
    });
  }
}

/**
 * `x-sluice-deadline-ms`: milliseconds from receipt, null when absent.
 * @throws GatewayError `invalid_request` when it is not a positive whole number
 */
export function askedDeadlineMs(headers: IncomingHttpHeaders): number | null {
  const text = headers['x-sluice-deadline-ms'];
  if (text === undefined) return null;
  if (typeof text !== 'string' || !/^[1-9]\d{0,8}$/.test(text)) {
    throw new GatewayError('invalid_request', {
      param: 'x-sluice-deadline-ms',
      message: 'The header "x-sluice-deadline-ms" must be a positive whole number of milliseconds.',
    });
  }
  return Number(text);
}

/** Longer ones are nobody's session; only their start counts. */
const MAX_SESSION_CHARS = 256;

/** `x-sluice-session`: requests of one session prefer one route. Null when absent. */
export function sessionOf(headers: IncomingHttpHeaders): string | null {
  const text = headers['x-sluice-session'];
  return typeof text === 'string' && text !== '' ? text.slice(0, MAX_SESSION_CHARS) : null;
}
