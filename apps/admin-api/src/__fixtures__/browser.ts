import { request } from 'node:http';
import { type ProblemDetails, type Session, sessionSchema } from '@sluice/contracts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json(): unknown;
  /** The body of an error. */
  problem(): ProblemDetails;
}

/** A client that keeps the session cookie and sends its own origin with writes, as a browser does. */
export class Browser {
  cookie: string | undefined;

  constructor(readonly url: string) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  async signIn(user: string, password: string): Promise<Answer> {
    const answer = await this.send('POST', '/api/session', { json: { user, password } });
    this.cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? this.cookie;
    return answer;
  }

  /** Signs in or throws. */
  async signedIn(user: string, password: string): Promise<Session> {
    const answer = await this.signIn(user, password);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    return sessionSchema.parse(answer.json());
  }

  async send(
    method: string,
    path: string,
    { json, headers = {} }: { json?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
        ...(method === 'GET' ? {} : { origin: this.url }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) as unknown, problem: () => JSON.parse(text) as ProblemDetails };
  }

  /** With the path and headers byte for byte as given, which fetch would tidy. */
  raw(
    method: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; type: string; text: string }> {
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const sent = request({ host: hostname, port, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, headers: got } = response;
          resolve({ status: statusCode, type: got['content-type'] ?? '', text });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }
}
