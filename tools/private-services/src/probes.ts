// "Ready" means that the server answers its own protocol, not that a port is open.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { PrivateServerName } from './private-server.js';

const ATTEMPT_TIMEOUT_MS = 2000;
const RETRY_MS = 25;

/** Asks once; rejects with the reason (never with the URL or a secret) when the server does not answer. */
export async function probeOnce(name: PrivateServerName, url: string): Promise<void> {
  if (name === 'nats') await probeNats(new URL(url));
  else if (name === 'redis') await probeRedis(new URL(url));
  else await probePostgres(url);
}

/** Asks until the server answers. Rejects with the last reason at the deadline, or at once when `signal` aborts. */
export async function probeUntilReady(
  name: PrivateServerName,
  url: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    try {
      await probeOnce(name, url);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (performance.now() > deadline) throw error;
    }
    await delay(RETRY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function probeNats(url: URL): Promise<void> {
  const credentials =
    url.username === ''
      ? {}
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  await converse(url, 4222, {
    onText: (text, socket) => {
      if (text.includes('-ERR'))
        throw new Error(`NATS answered ${firstLine(text.slice(text.indexOf('-ERR')))}`);
      if (text.includes('PONG\r\n')) return 'done';
      if (text.startsWith('INFO ') && text.includes('\r\n') && !text.includes('+OK')) {
        const hello = {
          verbose: false,
          pedantic: false,
          tls_required: false,
          lang: 'probe',
          version: '1',
          ...credentials,
        };
        socket.write(`CONNECT ${JSON.stringify(hello)}\r\nPING\r\n`);
        return 'sent';
      }
      return 'more';
    },
  });
}

async function probeRedis(url: URL): Promise<void> {
  const password = decodeURIComponent(url.password);
  const user = decodeURIComponent(url.username) || 'default';
  const auth = password === '' ? '' : command('AUTH', user, password);
  await converse(url, 6379, {
    greeting: auth + command('PING'),
    onText: (text) => {
      const error = text.split('\r\n').find((line) => line.startsWith('-'));
      if (error !== undefined) throw new Error(`Redis answered ${error}`);
      return text.includes('+PONG\r\n') ? 'done' : 'more';
    },
  });
}

function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

async function probePostgres(url: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ATTEMPT_TIMEOUT_MS,
    query_timeout: ATTEMPT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // a connection lost after the answer is the next probe's finding
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Conversation {
  readonly greeting?: string;
  /** Sees all text so far; throws to fail, "done" to succeed; after "sent" it is called no more until an answer comes. */
  readonly onText: (text: string, socket: Socket) => 'done' | 'sent' | 'more';
}

function converse(url: URL, defaultPort: number, conversation: Conversation): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port) || defaultPort, url.hostname);
    let text = '';
    const finish = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.setTimeout(ATTEMPT_TIMEOUT_MS, () =>
      finish(new Error(`no answer within ${ATTEMPT_TIMEOUT_MS} ms`)),
    );
    socket.once('error', finish);
    socket.once('close', () => finish(new Error('the server closed the connection')));
    socket.once('connect', () => socket.write(conversation.greeting ?? ''));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      try {
        const verdict = conversation.onText(text, socket);
        if (verdict === 'sent') text = '';
        if (verdict === 'done') finish();
      } catch (error) {
        finish(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
