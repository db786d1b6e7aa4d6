// What a client and a person do, over the published ports.

const TIMEOUT_MS = 15_000;
const HELLO = { model: 'demo-chat', messages: [{ role: 'user', content: 'Hello' }] };

/** One answered request. */
export interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly text: string;
}

/** A chat completion at an edge of this machine. Rejects when there is no answer. */
export async function complete(port: number, key: string, stream = false): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...HELLO, stream }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  return { status: response.status, requestId: response.headers.get('x-request-id') ?? '', text };
}

/** Signs in and reads a page of the admin API. @throws Error with the status that was not 200 */
export async function readAsAdmin(origin: string, password: string, path: string): Promise<unknown> {
  const signedIn = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ user: 'admin', password }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (signedIn.status !== 200) throw new Error(`sign-in answered ${signedIn.status}`);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const response = await fetch(`${origin}${path}`, {
    headers: { cookie },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}
