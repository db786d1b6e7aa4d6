// What the network does to calls, through a whole edge: each fault has its code in the record, and words for the client
// that name no address and no secret.
import { freePort } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { call, errorOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';
import { answer, type RawReply, startRawServer } from './http1/__fixtures__/raw-server.js';
import { makeSelfSigned } from './http1/__fixtures__/self-signed.js';
import { startStoppedServer } from './http1/__fixtures__/stopped-server.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function startProvider(
  reply: RawReply,
  tls: Parameters<typeof startRawServer>[1] = null,
): Promise<string> {
  const server = await startRawServer(reply, tls);
  open.push(server);
  return server.address.origin;
}

async function startStopped(): Promise<string> {
  const server = await startStoppedServer();
  open.push(server);
  return `http://127.0.0.1:${server.port}`;
}

interface Fault {
  readonly name: string;
  readonly origin: () => Promise<string>;
  readonly code: string;
  readonly words: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a name without an address',
    origin: () => Promise.resolve('https://no-such-host.invalid'),
    code: 'dns_failed',
    words: /name could not be resolved/,
  },
  {
    name: 'nobody listens',
    origin: async () => `http://127.0.0.1:${await freePort()}`,
    code: 'connect_refused',
    words: /connection was refused \(ECONNREFUSED\)/,
  },
  {
    name: 'a certificate that nobody vouches for',
    origin: () => startProvider(({ socket }) => socket.write(answer('{}')), makeSelfSigned('IP:127.0.0.1')),
    code: 'tls_failed',
    words: /certificate is self-signed/,
  },
  {
    name: 'no TLS where TLS is expected',
    origin: async () => {
      const server = await startRawServer(() => undefined);
      open.push(server);
      server.server.on('connection', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      return server.address.origin.replace('http:', 'https:');
    },
    code: 'tls_failed',
    words: /TLS handshake failed/,
  },
  {
    name: 'a host that takes no connections',
    origin: startStopped,
    code: 'connect_timeout',
    words: /no connection within 300 ms/,
  },
  {
    name: 'a reset before any byte',
    origin: () => startProvider(({ socket }) => void socket.resetAndDestroy()),
    code: 'connection_reset',
    words: /connection broke before the end of the answer/,
  },
  {
    name: 'a reset within the answer',
    origin: () =>
      startProvider(({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{', () =>
          setImmediate(() => socket.resetAndDestroy()),
        );
      }),
    code: 'connection_reset',
    words: /connection broke before the end of the answer/,
  },
  {
    name: 'a peer that is gone without a word',
    origin: () => startProvider(() => undefined),
    code: 'first_token_timeout',
    words: /timeouts\.firstToken/,
  },
  {
    name: 'a peer that goes without a word in its answer',
    origin: () =>
      startProvider(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{')),
    code: 'idle_timeout',
    words: /timeouts\.idle/,
  },
  {
    name: 'bytes that are not HTTP',
    origin: () => startProvider(({ socket }) => socket.write('SSH-2.0-x\r\n')),
    code: 'invalid_answer',
    words: /not valid HTTP/,
  },
];

describe('a fault of the network', () => {
  it.each(FAULTS)('$name is $code', async ({ origin, code, words }) => {
    const address = await origin();
    await using edge = await startTestEdge(
      modelOver([{ baseUrl: `${address}/v1` }], {
        // A plain answer may take five times firstToken.
        sections: {
          timeouts: { connect: '300ms', firstToken: '100ms', idle: '300ms' },
          retry: { maxAttempts: 1 },
        },
      }),
    );
    const given = await call(edge.port);
    expect([given.status, errorOf(given).code]).toEqual([502, 'all_providers_failed']);
    expect(errorOf(given).message).toMatch(words);
    expect(given.text).not.toMatch(/127\.0\.0\.1|invalid|provider-secret/);
    const { attempts } = await edge.sink.theEvent();
    expect(attempts.at(-1)).toMatchObject({ errorCode: code });
  });
});
