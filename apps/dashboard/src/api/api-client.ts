// The one place that calls the API: same origin, a deadline on each call, answers checked against the contracts.
import type { z } from 'zod';
import { ApiError, errorOfAnswer } from './api-error.js';

/** The API answers from indexed pages and roll-ups; what takes longer has failed. */
const DEADLINE_MS = 15_000;

/** One call. `path` begins with `/api/`. */
export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly search?: URLSearchParams;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Reads JSON of the given shape. @throws ApiError */
export async function callApi<T>(path: string, schema: z.ZodType<T>, call: ApiCall = {}): Promise<T> {
  const response = await send(path, call);
  const parsed = schema.safeParse(await readJson(response));
  if (parsed.success) return parsed.data;
  throw new ApiError(
    'unreadable',
    'The API answered in a shape this page does not know. Reload the page: it may be older than the server.',
    { status: response.status },
    { cause: parsed.error },
  );
}

/** For calls whose answer has no body. @throws ApiError */
export async function sendToApi(path: string, call: ApiCall): Promise<void> {
  const response = await send(path, call);
  await response.body?.cancel();
}

/** `/api/…` with its search, for links and fetches alike. */
export function apiUrl(path: string, search?: URLSearchParams): string {
  const text = search?.toString() ?? '';
  return text === '' ? path : `${path}?${text}`;
}

async function send(path: string, { method = 'GET', search, body, signal }: ApiCall): Promise<Response> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const response = await fetch(apiUrl(path, search), {
      method,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
    if (!response.ok) throw await errorOfAnswer(response);
    return response;
  } catch (cause) {
    throw toApiError(cause, signal);
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new ApiError(
      'unreadable',
      'The answer of the API broke off.',
      { status: response.status },
      { cause },
    );
  }
}

function toApiError(cause: unknown, signal: AbortSignal | undefined): unknown {
  // Given up by whoever asked: not an error of the API.
  if (cause instanceof ApiError || signal?.aborted === true) return cause;
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return new ApiError('timed-out', 'The API did not answer within 15 seconds.', null, { cause });
  }
  return new ApiError('unreachable', 'The API cannot be reached. Is admin-api running?', null, { cause });
}
