// Answers of a provider that refuses, in OpenAI's words and types.
import type { Refusal } from './fault.js';

const NAMED = {
  quota: {
    status: 429,
    headers: {},
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  context: {
    status: 400,
    headers: {},
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    message: "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
  },
  filter: {
    status: 400,
    headers: {},
    type: 'invalid_request_error',
    code: 'content_filter',
    message: 'The request was rejected by the content management policy of the demo provider.',
  },
} satisfies Record<string, Refusal>;

/** A refusal that has a name of its own. */
export const refusalByName = (name: keyof typeof NAMED): Refusal => NAMED[name];

const BY_STATUS: Readonly<Record<number, readonly [type: string, code: string | null, message: string]>> = {
  400: ['invalid_request_error', null, 'The demo provider was told to refuse this request as invalid.'],
  401: [
    'invalid_request_error',
    'invalid_api_key',
    'Incorrect API key provided. (The demo provider was told so.)',
  ],
  402: [
    'billing_error',
    'billing_not_active',
    'The account is not active, please check its billing details.',
  ],
  403: [
    'permission_error',
    'permission_denied',
    'This key may not use the model. (The demo provider was told so.)',
  ],
  404: [
    'invalid_request_error',
    'model_not_found',
    'The model does not exist or you do not have access to it.',
  ],
  408: ['timeout_error', 'request_timeout', 'The request took too long to arrive.'],
  409: ['conflict_error', 'conflict', 'The resource was changed by another request. Please try again.'],
  413: ['invalid_request_error', 'request_too_large', 'The request is too large.'],
  422: ['invalid_request_error', 'unprocessable', 'The request was understood and cannot be processed.'],
  529: ['overloaded_error', 'overloaded', 'The provider is overloaded. Please try again later.'],
};

/** A refusal with this HTTP status (400 to 599). */
export function statusRefusal(status: number): Refusal {
  if (status === 429) return rateLimitRefusal({ kind: 'none' });
  const [type, code, message] = BY_STATUS[status] ?? [
    status >= 500 ? 'server_error' : 'invalid_request_error',
    null,
    `The demo provider was told to answer ${status}.`,
  ];
  return { status, headers: {}, type, code, message };
}

/** How a 429 says when to come back. */
export type RetryHint =
  | { readonly kind: 'none' | 'garbage' }
  | { readonly kind: 'seconds' | 'date' | 'milliseconds'; readonly amount: number };

/** 429 with the asked retry hint. */
export function rateLimitRefusal(hint: RetryHint): Refusal {
  return {
    status: 429,
    headers: retryHeaders(hint),
    ...(hint.kind === 'date' ? { retryAfterDateSeconds: hint.amount } : {}),
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for requests. Please try again later.',
  };
}

function retryHeaders(hint: RetryHint): Record<string, string> {
  switch (hint.kind) {
    case 'seconds':
      return { 'retry-after': String(hint.amount) };
    case 'milliseconds':
      return { 'retry-after-ms': String(hint.amount) };
    case 'garbage':
      return { 'retry-after': 'soon, probably' };
    case 'none':
    case 'date':
      return {};
  }
}
