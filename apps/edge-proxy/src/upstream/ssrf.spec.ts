// However an address is written or looked up, a provider without allowPrivateNetwork reaches public ones only.
// `SLUICE_VERIFY_SSRF_CASES` lengthens the random part.
import fc from 'fast-check';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer as httpAnswer } from '../__fixtures__/fake-provider.js';
import { call, errorOf } from '../__fixtures__/http-client.js';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { makeTestGeneration, modelOver } from '../__fixtures__/test-generation.js';
import {
  CLOSED_IPV4,
  CLOSED_IPV6,
  DISGUISES,
  IPV4_FORMS,
  IPV6_FORMS,
} from './__fixtures__/closed-addresses.js';
import { type DnsServer, startDnsServer } from './__fixtures__/dns-server.js';
import { answer, startRawServer } from './http1/__fixtures__/raw-server.js';
import { callOnce, type Outcome } from './http1/__fixtures__/recorded-call.js';
import type { Resolve } from './http1/checked-lookup.js';
import { Http1Transport, type Http1TransportOptions } from './http1/http1-transport.js';

const RANDOM_CASES = Number(process.env['SLUICE_VERIFY_SSRF_CASES'] ?? 100);
/** Public by every rule, and never routed: it once was for documents. A call there gets no further than this machine. */
const NOWHERE = '3ffe:ffff::1';

/** A server of our own network that nobody may reach, on every address of this machine. */
const canary = createServer((socket) => {
  visits += 1;
  socket.destroy();
});
let visits = 0;
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => canary.listen(0, resolve));
  ({ port } = canary.address() as AddressInfo);
});
afterAll(async () => {
  await new Promise((resolve) => canary.close(resolve));
});

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  const seen = visits;
  visits = 0;
  expect(seen).toBe(0);
});

function makeTransport(options: Http1TransportOptions = {}): Http1Transport {
  const transport = new Http1Transport(options);
  open.push({ [Symbol.asyncDispose]: () => transport.close() });
  return transport;
}

async function startDns(zone: Parameters<typeof startDnsServer>[0]): Promise<DnsServer> {
  const server = await startDnsServer(zone);
  open.push(server);
  return server;
}

const dial = (transport: Http1Transport, origin: string): Promise<Outcome> =>
  callOnce(
    transport,
    { origin, path: '/v1/chat/completions', headers: [], allowPrivateNetwork: false },
    { connectTimeoutMs: 400 },
  );

/** A blocked call says nothing of where it would have gone. */
function expectBlocked({ failure }: Outcome): void {
  expect(failure).toMatchObject({ kind: 'address_blocked', isSent: false });
  expect(failure?.message).toBe("the provider's address is one that its config does not allow");
}

describe('addresses in the base URL', () => {
  const forms = [
    ...Object.entries(IPV4_FORMS).map(([form, write]) => [form, CLOSED_IPV4.map(write)] as const),
    ...Object.entries(IPV6_FORMS).map(([form, write]) => [form, CLOSED_IPV6.map(write)] as const),
  ];
  it.each(forms)('%s: every closed address is refused before anything is dialled', async (_form, hosts) => {
    const transport = makeTransport();
    for (const host of hosts) {
      const { origin } = new URL(`http://${host}:${port}/v1`);
      expectBlocked(await dial(transport, origin));
      expect(transport.openCount).toBe(0);
    }
  });

  it('with allowPrivateNetwork the same addresses are dialled', async () => {
    await using server = await startRawServer(({ socket }) => socket.write(answer('ok')));
    const transport = makeTransport();
    for (const host of Object.values(IPV4_FORMS).map((write) => write('127.0.0.1'))) {
      const { origin } = new URL(server.address.origin.replace('127.0.0.1', host));
      expect((await callOnce(transport, { ...server.address, origin })).body).toBe('ok');
    }
  });
});

describe('base URLs that show two readers two hosts', () => {
  const hosts = [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '198.18.0.1',
  ];
  it.each(Object.entries(DISGUISES))(
    '%s: refused when the config is loaded, or when it is dialled',
    async (_name, disguise) => {
      const transport = makeTransport();
      for (const host of [...hosts, 'ⓛocalhost']) {
        const baseUrl = disguise(`${host}:${port}`);
        const address = await loadedAddress(baseUrl);
        if (address !== null) expectBlocked(await callOnce(transport, address));
        // Were the config not to look, the dial alone would have to hold.
        if (URL.canParse(baseUrl)) expectBlocked(await dial(transport, new URL(baseUrl).origin));
      }
    },
  );

  async function loadedAddress(baseUrl: string) {
    try {
      const generation = await makeTestGeneration(
        modelOver([{ baseUrl }], { provider: { allowPrivateNetwork: false } }),
      );
      return generation.models.get('m')?.routes['chat.completions'][0]?.address ?? null;
    } catch (error) {
      if (error instanceof Error && error.message.includes('baseUrl')) return null;
      throw error;
    }
  }
});

describe('addresses behind a name', () => {
  const closed = [...CLOSED_IPV4, ...CLOSED_IPV6];

  it('every closed address is refused, in the answer of a name server as in a URL', async () => {
    const names = new Map(closed.map((address, index) => [`name-${index}.test`, address]));
    const dns = await startDns((name) => [names.get(name) ?? NOWHERE]);
    const transport = makeTransport({ resolve: dns.resolve });
    for (const name of names.keys()) expectBlocked(await dial(transport, `http://${name}:${port}`));
    expect(transport.openCount).toBe(0);
  });

  it('several closed addresses of a name are all refused', async () => {
    const dns = await startDns(() => closed);
    expectBlocked(await dial(makeTransport({ resolve: dns.resolve }), `http://all.test:${port}`));
  });

  it('of a name with both kinds only the public addresses are tried', async () => {
    const dns = await startDns(() => [...closed, NOWHERE]);
    const { failure } = await dial(makeTransport({ resolve: dns.resolve }), `http://both.test:${port}`);
    expect(['connect', 'connect_timeout']).toContain(failure?.kind);
  });

  it('a name that changes between two questions is dialled as it was checked: one lookup for each connection', async () => {
    const dns = await startDns((name) =>
      dns.questions.filter((each) => each === name).length <= 2 ? [NOWHERE] : ['127.0.0.1', '::1'],
    );
    const transport = makeTransport({ resolve: dns.resolve });
    const rebind = async (name: string): Promise<void> => {
      const { failure } = await dial(transport, `http://${name}:${port}`);
      expect(['connect', 'connect_timeout']).toContain(failure?.kind);
      expect(dns.questions.filter((each) => each === name)).toHaveLength(2);
      expectBlocked(await dial(transport, `http://${name}:${port}`));
    };
    await Promise.all(Array.from({ length: 25 }, (_, round) => rebind(`rebind-${round}.test`)));
  });

  it('a name that has both families closed is refused over TLS too', async () => {
    const dns = await startDns(() => ['127.0.0.1', '::1']);
    expectBlocked(await dial(makeTransport({ resolve: dns.resolve }), `https://tls.test:${port}`));
  });

  it('the resolver of the system is checked as well', async () => {
    expectBlocked(await dial(makeTransport(), `http://localhost:${port}`));
  });

  it('whatever a name server answers from one call to the next, nothing of our network is reached', async () => {
    const current = new Map<string, readonly string[]>();
    const dns = await startDns((name) => current.get(name) ?? []);
    const transport = makeTransport({ resolve: dns.resolve });
    const follow = async (name: string, replies: readonly (readonly string[])[]): Promise<void> => {
      for (const addresses of replies) {
        current.set(name, addresses);
        const outcome = await dial(transport, `http://${name}:${port}`);
        if (addresses.length === 0) expect(outcome.failure?.kind).toBe('dns');
        else if (addresses.includes(NOWHERE)) expect(outcome.failure?.kind).toMatch(/^connect/);
        else expectBlocked(outcome);
      }
    };
    const replies = fc.array(fc.subarray([...closed, NOWHERE]), { minLength: 1, maxLength: 4 });
    const cases = fc.sample(replies, { numRuns: RANDOM_CASES, seed: 4 });
    for (let from = 0; from < cases.length; from += 50) {
      const batch = cases.slice(from, from + 50);
      await Promise.all(batch.map((each, index) => follow(`changing-${from + index}.test`, each)));
    }
  });

  it('a name server that never answers is a failure of DNS, on time', async () => {
    const never: Resolve = () => undefined;
    const startedMs = performance.now();
    const { failure } = await dial(makeTransport({ resolve: never }), 'http://silent.test');
    expect(failure).toMatchObject({ kind: 'dns', isSent: false });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe('two providers with one origin', () => {
  it('do not share connections when only one of them may dial our network', async () => {
    await using server = await startRawServer(({ socket }) => socket.write(answer('ok')));
    const transport = makeTransport({ resolve: (await startDns(() => ['127.0.0.1'])).resolve });
    const origin = server.address.origin.replace('127.0.0.1', 'one.test');
    const trusted = { ...server.address, origin };
    expect((await callOnce(transport, trusted)).body).toBe('ok');
    expectBlocked(await callOnce(transport, { ...trusted, allowPrivateNetwork: false }));
    expect((await callOnce(transport, trusted)).body).toBe('ok');
    expect([server.sockets.length, server.requests.length]).toEqual([1, 2]);
  });
});

describe('through the whole edge', () => {
  const provider = providerOfEachTest();

  it('the client hears one reason that tells nothing of our network; the record names the range', async () => {
    const baseUrl = `https://[64:ff9b::7f00:1]:${port}/v1`;
    await using edge = await startTestEdge(
      modelOver([{ baseUrl }], {
        provider: { allowPrivateNetwork: false },
        sections: { retry: { maxAttempts: 1 } },
      }),
    );
    const refused = await call(edge.port);
    expect(refused.status).toBe(502);
    expect(errorOf(refused).message).toContain(
      "the provider's address is one that its config does not allow",
    );
    expect(refused.text).not.toMatch(/NAT64|ff9b|127|7f00|allowPrivateNetwork/);
    expect((await edge.sink.theEvent()).errorMessage).toContain('NAT64');
  });

  it.each([301, 302, 303, 307, 308, 300, 304, 399])(
    'a %i is a failure of the provider and is not followed',
    async (status) => {
      provider.reply = httpAnswer(status, '', { location: `http://127.0.0.1:${port}/v1/chat/completions` });
      await using edge = await startTestEdge(
        modelOver([provider], { sections: { retry: { maxAttempts: 1 } } }),
      );
      const refused = await call(edge.port);
      expect([refused.status, errorOf(refused).code]).toEqual([502, 'all_providers_failed']);
      expect(refused.headers['location']).toBeUndefined();
      expect(provider.calls).toHaveLength(1);
    },
  );
});
