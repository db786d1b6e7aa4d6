import { afterEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { callApi, sendToApi } from './api-client.js';
import { ApiError } from './api-error.js';

const schema = z.object({ ok: z.boolean() });
/** The network, played: gets what fetch would get. */
const answerWith = (answer: (url: string, init: RequestInit) => Response | Promise<Response>): void => {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => answer(url, init));
};
afterEach(() => vi.unstubAllGlobals());

const errorOf = async (call: Promise<unknown>): Promise<ApiError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error('no ApiError', { cause: error });
};

it('reads what the contract says, and leaves out what it does not name', async () => {
  const urls: string[] = [];
  answerWith((url, { redirect, credentials }) => {
    urls.push(`${url} ${redirect} ${credentials}`);
    return new Response('{"ok":true,"later":1}');
  });
  expect(await callApi('/api/x', schema, { search: new URLSearchParams({ a: '1' }) })).toEqual({ ok: true });
  // Never off to another origin, not even by a redirect.
  expect(urls).toEqual(['/api/x?a=1 error same-origin']);
});

it("says a problem's detail, and knows a session that has ended", async () => {
  const problem = {
    type: 'urn:sluice:problem:not-signed-in',
    title: 'Not signed in',
    status: 401,
    detail: 'Sign in.',
  };
  answerWith(() => Response.json(problem, { status: 401 }));
  const error = await errorOf(callApi('/api/x', schema));
  expect(error.message).toBe('Sign in.');
  expect([error.isSignedOut, error.isPassing, error.answer?.problem]).toEqual([true, false, problem]);
});

it.each([
  [404, false],
  [500, true],
  [503, true],
])('an answer of %d without a problem is told by its status', async (status, isPassing) => {
  answerWith(() => new Response('<html>', { status }));
  const error = await errorOf(callApi('/api/x', schema));
  expect([error.message, error.isPassing]).toEqual([`The API answered ${status}.`, isPassing]);
});

it.each(['{"ok":"yes"}', 'not json', ''])(
  'an answer of %j is unreadable, and asking again would not help',
  async (body) => {
    answerWith(() => new Response(body));
    const error = await errorOf(callApi('/api/x', schema));
    expect([error.kind, error.isPassing]).toEqual(['unreadable', false]);
  },
);

it('a server that is not there is said to be unreachable', async () => {
  answerWith(() => Promise.reject(new TypeError('Failed to fetch')));
  const error = await errorOf(sendToApi('/api/x', { method: 'DELETE' }));
  expect([error.kind, error.isPassing]).toEqual(['unreachable', true]);
});

it('a call that its page gave up is no error of the API', async () => {
  answerWith(
    (_, { signal }) =>
      new Promise((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
  );
  const giveUp = new AbortController();
  const call = callApi('/api/x', schema, { signal: giveUp.signal });
  giveUp.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

it('a call that is not answered in time says so', async () => {
  answerWith(() => Promise.reject(new DOMException('The operation timed out.', 'TimeoutError')));
  const error = await errorOf(callApi('/api/x', schema));
  expect([error.kind, error.isPassing]).toEqual(['timed-out', true]);
});
