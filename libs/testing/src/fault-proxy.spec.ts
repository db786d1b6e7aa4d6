import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FaultProxy, type Faults } from './fault-proxy.js';
import { waitFor } from './wait-for.js';

/** Echoes what it gets and ends when its client does; keeps what it saw. */
class Target {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  received = '';
  ends = 0;
  resets = 0;

  constructor() {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.push(socket);
      socket.on('data', (bytes) => {
        this.received += bytes.toString('latin1');
        socket.write(bytes);
      });
      socket.on('end', () => {
        this.ends += 1;
        socket.end();
      });
      socket.on('error', () => (this.resets += 1));
    });
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }
}

/** A client that keeps what it saw. */
class Client {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  code: string | null = null;
  isEnded = false;
  isClosed = false;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    this.socket.on('end', () => (this.isEnded = true));
    this.socket.on('close', () => (this.isClosed = true));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.code = error.code ?? error.message));
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }
}

let target: Target;
let proxy: FaultProxy;
let clients: Client[];

const start = async (faults: Faults, seed = 1): Promise<FaultProxy> => {
  proxy = await FaultProxy.start({ target: target.address, faults, seed });
  return proxy;
};
const open = (): Client => {
  const client = new Client(proxy.port);
  clients.push(client);
  return client;
};
const bytesOf = (count: number): string =>
  Array.from({ length: count }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');

beforeEach(async () => {
  target = new Target();
  clients = [];
  target.server.listen(0, '127.0.0.1');
  await once(target.server, 'listening');
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.stop();
  for (const socket of target.sockets) socket.destroy();
  target.server.close();
});

test('without faults every byte passes, both ways, and the end too', async () => {
  await start({});
  const client = open();
  const text = bytesOf(1_000_000);
  client.socket.end(text);
  await waitFor(() => client.isClosed);
  expect(client.text).toBe(text);
  expect([client.code, client.isEnded, target.ends]).toEqual([null, true, 1]);
  expect(proxy.passed).toEqual({ up: 1_000_000, down: 1_000_000 });
  await waitFor(() => proxy.open === 0);
});

test('latency delays each byte, keeps their order, and does not add up', async () => {
  await start({ down: { latencyMs: 60, jitterMs: 20 } });
  const client = open();
  await once(client.socket, 'connect');
  const startedMs = performance.now();
  const sent = Array.from({ length: 20 }, (_, index) => `<${index}>`);
  for (const piece of sent) {
    client.socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor(() => client.text === sent.join(''));
  const tookMs = performance.now() - startedMs;
  expect(tookMs).toBeGreaterThanOrEqual(60);
  expect(tookMs).toBeLessThan(20 * 60);
});

test('bandwidth bounds what passes in a time', async () => {
  await start({ down: { bytesPerSecond: 100_000, sliceBytes: { min: 1_000, max: 1_000 } } });
  const client = open();
  const startedMs = performance.now();
  client.socket.end(bytesOf(30_000));
  await waitFor(() => client.isEnded);
  expect(client.text).toHaveLength(30_000);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(290);
});

test('a line slower than its source does not pile up here: the source is not read', async () => {
  await start({ up: { bytesPerSecond: 0 } });
  const client = open();
  let taken = 0;
  const write = (): void => {
    while (client.socket.write(Buffer.alloc(65_536), () => (taken += 65_536))) if (taken > 3e7) return;
    client.socket.once('drain', write);
  };
  write();
  let last = -1;
  await waitFor(() => taken === last || ((last = taken), false), { intervalMs: 200 });
  // What the kernel's buffers hold on both sides, far from everything.
  expect(taken).toBeLessThan(3e7);
  expect(target.received).toBe('');
});

test('slices have sizes within their bounds, the same for the same seed', async () => {
  const ends = async (seed: number): Promise<number[]> => {
    await start({ down: { sliceBytes: { min: 3, max: 9 } } }, seed);
    const client = open();
    client.socket.end(bytesOf(300));
    await waitFor(() => client.isEnded);
    await proxy.stop();
    expect(client.text).toBe(bytesOf(300));
    let sum = 0;
    return client.chunks.map((chunk) => (sum += chunk.length));
  };
  const common = (some: readonly number[], others: readonly number[]): number =>
    some.filter((end) => others.includes(end)).length;
  const [first, second, other] = [await ends(42), await ends(42), await ends(43)];
  expect(first.length).toBeGreaterThan(300 / 9 / 2);
  // Two slices may be read as one on a busy machine; where they end is the same all the same.
  expect(common(first, second)).toBeGreaterThan(Math.min(first.length, second.length) * 0.8);
  expect(common(first, other)).toBeLessThan(first.length * 0.8);
});

test.each([0, 1, 7, 100])(
  'a cut after %d bytes lets exactly these through, then both sides end',
  async (afterBytes) => {
    await start({ down: { cut: { afterBytes, how: 'close' } } });
    const client = open();
    client.socket.write(bytesOf(200));
    await waitFor(() => client.isEnded);
    expect(client.text).toBe(bytesOf(200).slice(0, afterBytes));
    await waitFor(() => target.ends === 1);
  },
);

test('a cut counts over the whole connection, not for each chunk', async () => {
  await start({ down: { cut: { afterBytes: 10, how: 'close' } } });
  const client = open();
  for (const piece of ['abc', 'def', 'ghi', 'jkl']) {
    const seen = client.text.length;
    client.socket.write(piece);
    await waitFor(() => client.text.length > seen || client.isEnded);
  }
  expect(client.text).toBe('abcdefghij');
});

test('a cut on the way up shows the target so many bytes and no more', async () => {
  await start({ up: { cut: { afterBytes: 5, how: 'close' } } });
  const client = open();
  client.socket.write(bytesOf(50));
  await waitFor(() => client.isEnded);
  expect(target.received).toBe('abcde');
});

test('a reset after so many bytes is a RST on both sides', async () => {
  await start({ down: { cut: { afterBytes: 4, how: 'reset' } } });
  const client = open();
  client.socket.write(bytesOf(50));
  await waitFor(() => client.code === 'ECONNRESET');
  expect(client.text).toBe('abcd');
  await waitFor(() => target.resets === 1);
});

test('a half-close ends one direction; the other goes on', async () => {
  await start({ down: { cut: { afterBytes: 3, how: 'half-close' } } });
  const client = open();
  client.socket.write('abcdef');
  await waitFor(() => client.isEnded);
  expect(client.text).toBe('abc');
  client.socket.write('ghi');
  await waitFor(() => target.received === 'abcdefghi');
  expect(client.isClosed).toBe(false);
});

test('a stall says nothing more and ends nothing', async () => {
  await start({ down: { cut: { afterBytes: 3, how: 'stall' } } });
  const client = open();
  client.socket.write('abcdef');
  await waitFor(() => target.received === 'abcdef' && client.text === 'abc');
  client.socket.write('ghi');
  await waitFor(() => target.received === 'abcdefghi');
  expect([client.text, client.isEnded, client.code]).toEqual(['abc', false, null]);
});

test('a black hole accepts, reads nothing, says nothing; the target hears nothing', async () => {
  await start({ door: 'black-hole' });
  const client = open();
  await once(client.socket, 'connect');
  client.socket.write('anybody?');
  await waitFor(() => proxy.accepted === 1);
  await expect(
    waitFor(() => client.text !== '' || client.isEnded || client.isClosed, { timeoutMs: 100 }),
  ).rejects.toThrow();
  expect(target.sockets).toHaveLength(0);
});

test('a door that resets, and one that refuses', async () => {
  await start({ door: 'reset' });
  const client = open();
  await waitFor(() => client.isClosed);
  expect(client.code).toBe('ECONNRESET');
  await proxy.set({ door: 'refuse' });
  const refused = open();
  await waitFor(() => refused.isClosed);
  expect(refused.code).toBe('ECONNREFUSED');
});

test('faults change while it runs: for open connections too, and the port stays', async () => {
  await start({ down: { bytesPerSecond: 0 } });
  const { port } = proxy;
  const client = open();
  client.socket.write('abc');
  await waitFor(() => target.received === 'abc');
  expect(client.text).toBe('');
  await proxy.set({});
  await waitFor(() => client.text === 'abc');
  await proxy.set({ door: 'refuse' });
  // Who is inside stays inside.
  client.socket.write('def');
  await waitFor(() => client.text === 'abcdef');
  await proxy.set({});
  expect(proxy.port).toBe(port);
  const again = open();
  again.socket.write('x');
  await waitFor(() => again.text === 'x');
});

test('everything open can be reset at once', async () => {
  await start({});
  const all = [open(), open(), open()];
  for (const client of all) client.socket.write('x');
  await waitFor(() => all.every((client) => client.text === 'x'));
  proxy.resetAll();
  await waitFor(() => all.every((client) => client.code === 'ECONNRESET'));
});

test('a target that does not answer is a reset for the client', async () => {
  await start({});
  target.server.close();
  const client = open();
  await waitFor(() => client.isClosed);
  expect(client.code).toBe('ECONNRESET');
});

test('a seed that was not given is said', async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    proxy = await FaultProxy.start({ target: target.address });
  } finally {
    spy.mockRestore();
  }
  expect(written.join('')).toBe(`fault proxy on port ${proxy.port}: seed ${proxy.seed}\n`);
});

test('a reset of the target reaches the client as a reset', async () => {
  await start({});
  const client = open();
  client.socket.write('x');
  await waitFor(() => client.text === 'x');
  target.sockets[0]?.resetAndDestroy();
  await waitFor(() => client.isClosed);
  expect(client.code).toBe('ECONNRESET');
});
