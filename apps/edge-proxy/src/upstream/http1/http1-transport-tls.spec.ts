// Certificates, names and sessions: against a real TLS server on loopback.
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '@sluice/testing';
import { answer, type RawReply, type RawServer, startRawServer } from './__fixtures__/raw-server.js';
import { callOnce, RecordedCall } from './__fixtures__/recorded-call.js';
import { makeExpired, makeSelfSigned, type SelfSigned } from './__fixtures__/self-signed.js';
import { Http1Transport, type Http1TransportOptions } from './http1-transport.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

let forAddress: SelfSigned;
let forName: SelfSigned;
beforeAll(() => {
  forAddress = makeSelfSigned('IP:127.0.0.1');
  forName = makeSelfSigned('DNS:localhost');
});

async function start(certificate: SelfSigned, reply: RawReply): Promise<RawServer> {
  const server = await startRawServer(reply, { ...certificate, ALPNProtocols: ['h2', 'http/1.1'] });
  open.push(server);
  return server;
}

function makeTransport(options: Http1TransportOptions = {}): Http1Transport {
  const transport = new Http1Transport(options);
  open.push({ [Symbol.asyncDispose]: () => transport.close() });
  return transport;
}

const plain: RawReply = ({ socket }) => socket.write(answer('ok'));
const whole = { status: 200, body: 'ok', failure: null };
const byName = ({ address }: RawServer) => ({
  ...address,
  origin: address.origin.replace('127.0.0.1', 'localhost'),
});

describe('Http1Transport over TLS', () => {
  it('a certificate that nobody vouches for is refused, whatever the environment says', async () => {
    const server = await start(forAddress, plain);
    const known = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const { failure } = await callOnce(makeTransport(), server.address);
      expect(failure).toEqual({
        kind: 'tls',
        message: "the provider's certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)",
        isSent: false,
      });
    } finally {
      if (known === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = known;
    }
    expect(server.requests).toHaveLength(0);
  });

  it('a trusted certificate that has expired is refused, and nothing was sent', async () => {
    const expired = makeExpired('IP:127.0.0.1');
    const server = await start(expired, plain);
    const { failure } = await callOnce(makeTransport({ ca: expired.cert }), server.address);
    expect(failure).toEqual({
      kind: 'tls',
      message: "the provider's certificate has expired (CERT_HAS_EXPIRED)",
      isSent: false,
    });
    expect(server.requests).toHaveLength(0);
  });

  it('a trusted certificate for another name is refused', async () => {
    const server = await start(forAddress, plain);
    const { failure } = await callOnce(makeTransport({ ca: forAddress.cert }), byName(server));
    expect(failure).toEqual({
      kind: 'tls',
      message: "the provider's certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)",
      isSent: false,
    });
    const other = await start(forName, plain);
    const outcome = await callOnce(makeTransport({ ca: forName.cert }), other.address);
    expect(outcome.failure?.kind).toBe('tls');
    expect([server.requests, other.requests]).toEqual([[], []]);
  });

  it('a trusted one serves, with HTTP/1.1 and the server name agreed, on one connection', async () => {
    const server = await start(forName, plain);
    const transport = makeTransport({ ca: forName.cert });
    for (let call = 0; call < 5; call += 1) expect(await callOnce(transport, byName(server))).toEqual(whole);
    expect(server.sockets).toHaveLength(1);
    const socket = server.sockets[0] as TLSSocket;
    expect([socket.alpnProtocol, socket.servername]).toEqual(['http/1.1', 'localhost']);
  });

  it('an address is called without a server name', async () => {
    const server = await start(forAddress, plain);
    expect(await callOnce(makeTransport({ ca: forAddress.cert }), server.address)).toEqual(whole);
    expect((server.sockets[0] as TLSSocket).servername).toBe(false);
  });

  it('a next connection resumes the session', async () => {
    const resumed: boolean[] = [];
    const server = await start(forAddress, ({ socket }) => {
      resumed.push((socket as TLSSocket).isSessionReused());
      socket.write(answer('ok', 'connection: close\r\n'));
    });
    const transport = makeTransport({ ca: forAddress.cert });
    for (let call = 0; call < 3; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    expect([resumed, server.sockets.length]).toEqual([[false, true, true], 3]);
  });

  it('a body larger than any buffer arrives whole, also after a pause', async () => {
    const text = 'abcdefghij'.repeat(300_000);
    const server = await start(forAddress, ({ socket }) => socket.write(answer(text)));
    const recorded: RecordedCall = new RecordedCall(makeTransport({ ca: forAddress.cert }), server.address, {
      onHead: () => {
        recorded.call.pause();
        setImmediate(() => recorded.call.resume());
      },
    });
    expect((await recorded.outcome).failure).toBeNull();
    expect(recorded.body === text).toBe(true);
  });

  it('a handshake that never ends: connect_timeout', async () => {
    const server = await startRawServer(() => undefined);
    open.push(server);
    const address = { ...server.address, origin: server.address.origin.replace('http', 'https') };
    const transport = makeTransport();
    const { failure } = await callOnce(transport, address, { connectTimeoutMs: 100 });
    expect(failure).toMatchObject({ kind: 'connect_timeout', isSent: false });
    await waitFor(() => server.sockets[0]!.destroyed);
    expect(transport.openCount).toBe(0);
  });

  it('a server that closes in the handshake, or does not speak TLS: tls, and nothing was sent', async () => {
    const server = await startRawServer(() => undefined);
    open.push(server);
    let isTalkative = false;
    server.server.on('connection', (socket) =>
      socket.end(isTalkative ? 'HTTP/1.1 400 Bad Request\r\n\r\n' : ''),
    );
    const address = { ...server.address, origin: server.address.origin.replace('http', 'https') };
    const failed = { kind: 'tls', isSent: false };
    expect((await callOnce(makeTransport(), address)).failure).toMatchObject(failed);
    isTalkative = true;
    expect((await callOnce(makeTransport(), address)).failure).toMatchObject(failed);
  });

  it('a connection that breaks in an answer: reset', async () => {
    const server = await start(forAddress, ({ socket }) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
    );
    const outcome = await callOnce(makeTransport({ ca: forAddress.cert }), server.address);
    expect(outcome).toMatchObject({ status: 200, body: 'half', failure: { kind: 'reset' } });
  });
});
