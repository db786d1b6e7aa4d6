// What the gateway itself says in a client's dialect: errors, and that it is still there.
import {
  type ErrorCode,
  toAnthropicErrorBody,
  toAnthropicErrorEvent,
  toOpenAiErrorBody,
} from '@sluice/contracts';
import {
  type ClientDialect,
  type ProviderFailure,
  toAnthropicFailureBody,
  toOpenAiFailureBody,
} from '@sluice/providers';

/** What an error says; a GatewayError is one. */
export interface ErrorWords {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field at fault; Anthropic's dialect has no place for it beside the message. */
  readonly param: string | null;
}

interface ErrorDialect {
  /** The JSON text of an error of our own. */
  toBody(error: ErrorWords, requestId: string): string;
  /** The event that ends a begun stream instead of its terminal marker: no client may take the stream for whole. */
  toEvent(error: ErrorWords, requestId: string): string;
  /** A provider's refusal whose own body this client could not read. */
  toFailureBody(failure: ProviderFailure, requestId: string): Buffer;
  /** The same as the event that ends a begun stream. */
  toFailureEvent(failure: ProviderFailure, requestId: string): string;
  /** Keeps a silent stream open: SDKs of the dialect read over it, also as the first thing of a stream. */
  readonly keepAlive: string;
}

/** A full record over the dialects. */
export const ERROR_DIALECTS: Readonly<Record<ClientDialect, ErrorDialect>> = {
  chat: {
    toBody: ({ code, message, param }) => toOpenAiErrorBody(code, message, param),
    toEvent: ({ code, message, param }) => `data: ${toOpenAiErrorBody(code, message, param)}\n\n`,
    toFailureBody: toOpenAiFailureBody,
    toFailureEvent: (failure) => `data: ${toOpenAiFailureBody(failure).toString()}\n\n`,
    keepAlive: ': keep-alive\n\n',
  },
  messages: {
    toBody: ({ code, message }, requestId) => toAnthropicErrorBody(code, { message, requestId }),
    toEvent: ({ code, message }, requestId) => toAnthropicErrorEvent(code, { message, requestId }),
    toFailureBody: toAnthropicFailureBody,
    toFailureEvent: (failure, requestId) =>
      `event: error\ndata: ${toAnthropicFailureBody(failure, requestId).toString()}\n\n`,
    // The dialect's own: not every client of it reads comments.
    keepAlive: 'event: ping\ndata: {"type": "ping"}\n\n',
  },
};
