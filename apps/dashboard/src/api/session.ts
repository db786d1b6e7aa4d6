// Who is signed in: one query that the whole app shares. Null: nobody.
import { type Session, type SignIn, sessionSchema } from '@sluice/contracts';
import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError } from './api-error.js';
import { callApi, sendToApi } from './api-client.js';

const SESSION_PATH = '/api/session';
const SESSION_KEY = ['session'] as const;

/** Null when nobody is signed in. Asked once; sign-in, sign-out and any 401 change it. */
export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: ({ signal }) => readSession(signal),
  staleTime: Infinity,
  gcTime: Infinity,
});

/** Starts a session and forgets what a session before it had read. @throws ApiError */
export async function signIn(client: QueryClient, body: SignIn): Promise<void> {
  const session = await callApi(SESSION_PATH, sessionSchema, { method: 'POST', body });
  rememberSession(true);
  client.clear();
  client.setQueryData<Session | null>(SESSION_KEY, session);
}

/** Ends the session on the server. One that had already ended counts as ended. @throws ApiError */
export async function signOut(): Promise<void> {
  try {
    await sendToApi(SESSION_PATH, { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof ApiError && error.isSignedOut)) throw error;
  }
  rememberSession(false);
}

/** The server no longer knows this session: what it had shown goes as well. */
export function forgetSession(client: QueryClient): void {
  rememberSession(false);
  client.setQueryData<Session | null>(SESSION_KEY, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}

async function readSession(signal: AbortSignal): Promise<Session | null> {
  if (!mayHaveSession()) return null;
  try {
    return await callApi(SESSION_PATH, sessionSchema, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.isSignedOut) return null;
    throw error;
  }
}

// No script can see the cookie. So that a first visit does not begin with a refused call (which browsers report as an error of
// the page), the browser remembers that there was a sign-in; the server alone decides what that is worth.
const REMEMBERED = 'sluice.session';

function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(REMEMBERED) !== null;
  } catch {
    // Storage is off: ask.
    return true;
  }
}

function rememberSession(isThere: boolean): void {
  try {
    if (isThere) localStorage.setItem(REMEMBERED, '1');
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // Storage is off.
  }
}
