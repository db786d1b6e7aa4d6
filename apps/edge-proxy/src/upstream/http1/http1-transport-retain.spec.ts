// What becomes of connections when a reload takes their provider away.
import { waitFor } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, type RawReply, type RawServer, startRawServer } from './__fixtures__/raw-server.js';
import { callOnce, RecordedCall } from './__fixtures__/recorded-call.js';
import { Http1Transport } from './http1-transport.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function start(reply: RawReply): Promise<RawServer> {
  const server = await startRawServer(reply);
  open.push(server);
  return server;
}

function makeTransport(): Http1Transport {
  const transport = new Http1Transport({ sweepIntervalMs: 5 });
  open.push({ [Symbol.asyncDispose]: () => transport.close() });
  return transport;
}

const plain: RawReply = ({ socket }) => socket.write(answer('ok'));
const whole = { status: 200, body: 'ok', failure: null };

describe('Http1Transport.retain', () => {
  it('closes the idle connections of providers that are gone at once, and keeps the others', async () => {
    const [gone, kept] = [await start(plain), await start(plain)];
    const transport = makeTransport();
    await Promise.all([gone, kept].map(({ address }) => callOnce(transport, address)));
    transport.retain([kept.address]);
    await waitFor(() => gone.sockets[0]!.destroyed);
    expect(await callOnce(transport, kept.address)).toEqual(whole);
    expect([kept.sockets.length, transport.openCount]).toEqual([1, 1]);
  });

  it('closes a busy connection after its call, which is not disturbed', async () => {
    const held: (() => void)[] = [];
    const server = await start(({ socket }) => held.push(() => socket.write(answer('ok'))));
    const transport = makeTransport();
    const recorded = new RecordedCall(transport, server.address);
    await waitFor(() => held.length === 1);
    transport.retain([]);
    expect(recorded.ends).toBe(0);
    held[0]!();
    expect(await recorded.outcome).toEqual(whole);
    await waitFor(() => server.sockets[0]!.destroyed);
    expect(transport.openCount).toBe(0);
  });

  it('a walk that began before may still call, and close ends its call too', async () => {
    let isTalkative = true;
    const server = await start((request) => {
      if (isTalkative) plain(request);
    });
    const transport = makeTransport();
    await callOnce(transport, server.address);
    transport.retain([]);
    await waitFor(() => transport.poolCount === 0);
    expect(await callOnce(transport, server.address)).toEqual(whole);
    await waitFor(() => transport.openCount === 0);
    isTalkative = false;
    const hanging = new RecordedCall(transport, server.address);
    await waitFor(() => server.requests.length === 3);
    expect(transport.openCount).toBe(1);
    await transport.close();
    expect(hanging.failure).toMatchObject({ kind: 'aborted', isSent: true });
  });

  it('a provider that comes back keeps its connections again', async () => {
    const server = await start(plain);
    const transport = makeTransport();
    transport.retain([]);
    transport.retain([server.address]);
    for (let call = 0; call < 3; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    transport.retain([]);
    transport.retain([{ ...server.address }]);
    for (let call = 0; call < 3; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(2);
  });

  it('a walk from before a provider went and came back shares its new connections, which are swept and closed', async () => {
    const server = await start(plain);
    const transport = new Http1Transport({ sweepIntervalMs: 5, idleTimeoutMs: 100 });
    open.push({ [Symbol.asyncDispose]: () => transport.close() });
    const before = { ...server.address };
    await callOnce(transport, before);
    transport.retain([]);
    await waitFor(() => transport.poolCount === 0);
    const after = { ...server.address };
    transport.retain([after]);
    for (const address of [after, before, after, before]) {
      expect(await callOnce(transport, address)).toEqual(whole);
    }
    expect([transport.poolCount, transport.openCount]).toEqual([1, 1]);
    await waitFor(() => server.sockets.every(({ destroyed }) => destroyed));
    await callOnce(transport, after);
    await callOnce(transport, before);
    await transport.close();
    await waitFor(() => server.sockets.every(({ destroyed }) => destroyed));
    expect(transport.openCount).toBe(0);
  });

  it('the same origin under another policy is another provider', async () => {
    const server = await start(plain);
    const transport = makeTransport();
    await callOnce(transport, server.address);
    transport.retain([{ ...server.address, allowPrivateNetwork: false }]);
    await waitFor(() => server.sockets[0]!.destroyed);
  });
});
