// Names whose lookup hangs, beside names that are well, with a resolver that has as few threads as the system's.
import type { LookupAddress } from 'node:dns';
import { waitFor } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { Resolve } from './checked-lookup.js';
import { answer, type RawServer, startRawServer } from './__fixtures__/raw-server.js';
import { callOnce } from './__fixtures__/recorded-call.js';
import { Http1Transport } from './http1-transport.js';
import { SharedLookups } from './shared-lookups.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

const LOOPBACK: readonly LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];
const whole = { status: 200, body: 'ok', failure: null };

/** Works as libuv does: so many at once, the others in their order, none is ever taken back. */
class FewThreads {
  /** Names that are asked for now or were, in their order. */
  readonly started: string[] = [];
  readonly hanging = new Map<string, () => void>();
  readonly #threads: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Names that begin with `dead` hang until they are released, and then fail. */
  readonly resolve: Resolve = (hostname, _options, callback) => {
    const end = (error: Error | null): void => {
      this.#busy -= 1;
      this.#waiting.shift()?.();
      callback(error, error === null ? LOOPBACK : []);
    };
    const run = (): void => {
      this.#busy += 1;
      this.started.push(hostname);
      if (!hostname.startsWith('dead')) setImmediate(end, null);
      else this.hanging.set(hostname, () => end(Object.assign(new Error('dead'), { code: 'EAI_AGAIN' })));
    };
    if (this.#busy < this.#threads) run();
    else this.#waiting.push(run);
  };

  release(hostname: string): void {
    const end = this.hanging.get(hostname);
    this.hanging.delete(hostname);
    end?.();
  }
}

async function startServer(): Promise<RawServer> {
  const server = await startRawServer(({ socket }) => socket.write(answer('ok')));
  open.push(server);
  return server;
}

const askOf =
  (lookups: SharedLookups) =>
  (hostname: string): Promise<string> =>
    new Promise((resolve) =>
      lookups.resolve(hostname, { all: true }, (error, found) =>
        resolve(error === null ? found.map(({ address }) => address).join() : error.message),
      ),
    );

describe('Http1Transport, names that hang', () => {
  it('calls to a dead name fail as its own, and all other names answer within a second', async () => {
    const [server, threads] = [await startServer(), new FewThreads(2)];
    const transport = new Http1Transport({ resolve: threads.resolve });
    open.push({ [Symbol.asyncDispose]: () => transport.close() });
    const { port } = new URL(server.address.origin);
    const call = (host: string, connectTimeoutMs: number) =>
      callOnce(transport, { ...server.address, origin: `http://${host}:${port}` }, { connectTimeoutMs });
    const dead = Array.from({ length: 8 }, () => call('dead.test', 300));
    const well = Array.from({ length: 8 }, (_, index) => call(`well-${index}.test`, 1_000));
    expect(await Promise.all(well)).toEqual(well.map(() => whole));
    for (const { failure } of await Promise.all(dead)) {
      expect(failure).toMatchObject({ kind: 'dns', isSent: false });
    }
    // Those calls were given up, their lookup was not.
    expect(await call('later.test', 1_000)).toEqual(whole);
    await Promise.all(Array.from({ length: 8 }, () => call('dead.test', 50)));
    expect(threads.started.filter((name) => name === 'dead.test')).toHaveLength(1);
  });
});

describe('SharedLookups', () => {
  it('whoever asks meanwhile waits for the same answer, and whoever asks later for a new one', async () => {
    const threads = new FewThreads(2);
    const ask = askOf(new SharedLookups({ resolve: threads.resolve }));
    expect(await Promise.all([ask('a.test'), ask('a.test'), ask('a.test')])).toEqual([
      ...['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ]);
    await ask('a.test');
    expect(threads.started).toEqual(['a.test', 'a.test']);
  });

  it('names that were slow before take half of the threads, and wait for each other', async () => {
    const threads = new FewThreads(4);
    const ask = askOf(new SharedLookups({ resolve: threads.resolve, threads: 4, slowMs: 20 }));
    const names = ['dead-1', 'dead-2', 'dead-3', 'dead-4'];
    const first = names.map((name) => ask(name));
    await new Promise((resolve) => setTimeout(resolve, 40));
    for (const name of names) threads.release(name);
    expect(await Promise.all(first)).toEqual(names.map(() => 'dead'));
    const second = names.map((name) => ask(name));
    expect([...threads.hanging.keys()]).toEqual(['dead-1', 'dead-2']);
    expect(await Promise.all(['b', 'c', 'd'].map((name) => ask(name)))).toEqual(
      Array.from({ length: 3 }, () => '127.0.0.1'),
    );
    threads.release('dead-1');
    expect([...threads.hanging.keys()]).toEqual(['dead-2', 'dead-3']);
    for (const name of names.slice(1)) threads.release(name);
    expect(await Promise.all(second)).toEqual(names.map(() => 'dead'));
  });

  it('while a name server is silent, its last answer is used again', async () => {
    let isSilent = false;
    const later: (() => void)[] = [];
    const resolve: Resolve = (_hostname, _options, callback) => {
      if (isSilent) later.push(() => callback(null, [{ address: '127.0.0.2', family: 4 }]));
      else callback(null, LOOPBACK);
    };
    const ask = askOf(new SharedLookups({ resolve, slowMs: 20 }));
    await ask('a.test');
    isSilent = true;
    expect(await Promise.all([ask('a.test'), ask('a.test')])).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(await ask('a.test')).toBe('127.0.0.1');
    await waitFor(() => later.length === 1);
    later[0]!();
    isSilent = false;
    expect(await ask('a.test')).toBe('127.0.0.1');
  });

  it('a resolver that throws fails its own name, and its thread is free again', async () => {
    const resolve: Resolve = (hostname, _options, callback) => {
      if (hostname === 'bad') throw new Error('not a name');
      callback(null, LOOPBACK);
    };
    const ask = askOf(new SharedLookups({ resolve, threads: 1 }));
    expect(await ask('bad')).toBe('not a name');
    expect(await ask('a.test')).toBe('127.0.0.1');
  });
});
