/** The cookie that holds a session's token. */
export const SESSION_COOKIE = 'sluice_session';

/** 32 random bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The token of a `Cookie` header; undefined when there is none, it has another form, or there are two. */
export function readSessionToken(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    .map((pair) => pair.slice(SESSION_COOKIE.length + 1));
  const [token] = values;
  // Two: somebody else has set one, and nobody can say which is ours.
  return values.length === 1 && token !== undefined && TOKEN.test(token) ? token : undefined;
}

/** The `Set-Cookie` that begins a session; it lasts until the browser ends, the server decides when earlier. */
export const toSetCookie = (token: string, isTls: boolean): string =>
  `${SESSION_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`;

/** The `Set-Cookie` that takes the cookie away. */
export const toClearedCookie = (isTls: boolean): string => `${toSetCookie('', isTls)}; Max-Age=0`;
