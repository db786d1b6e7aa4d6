// Headers over real sockets: what a client says about itself stays here, and so does what a provider says about itself.
// `SLUICE_VERIFY_HEADER_CALLS` says how many sets.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messagesBody, messageText } from '../__fixtures__/anthropic-replies.js';
import { chatBody, rawClient } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY } from '../__fixtures__/test-generation.js';
import { CLIENT_SECRETS, PROVIDER_SECRETS } from './__fixtures__/hostile-headers.js';
import { type RawServer, startRawServer } from './http1/__fixtures__/raw-server.js';

const CALLS = Number(process.env['SLUICE_VERIFY_HEADER_CALLS'] ?? 200);
/** In every value that must not cross. */
const MARK = 'l3ak';

/** All that a provider may hear. */
const UPSTREAM = new Set([
  ...['host', 'content-type', 'accept-encoding', 'content-length', 'authorization', 'x-api-key'],
  ...['anthropic-version', 'anthropic-beta', 'x-request-id', 'x-sluice-attempt-id'],
]);
/** All that a client may hear. */
const DOWNSTREAM = new Set([
  ...['content-type', 'content-length', 'x-request-id', 'request-id', 'date', 'connection', 'keep-alive'],
  ...['x-sluice-provider', 'x-sluice-model', 'x-sluice-attempts', 'cache-control', 'x-accel-buffering'],
  ...['transfer-encoding', 'retry-after'],
]);

let provider: RawServer;
let edge: TestEdge;
/** Lines that the provider puts into its next head. */
let extraLines: readonly string[] = [];
let status = 200;
beforeAll(async () => {
  provider = await startRawServer(({ socket, head }) => {
    const body = Buffer.from(head.includes('/v1/messages') ? messageText('Hi') : COMPLETION);
    const lines = ['content-type: application/json', `content-length: ${body.length}`, ...extraLines];
    socket.write(`HTTP/1.1 ${status} Whatever\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.write(body);
  });
  const common = { apiKey: 'provider-secret-0123', allowPrivateNetwork: true, sendAttemptId: true };
  const { origin } = provider.address;
  const route = (name: string): object => ({ routes: [{ provider: name, model: 'upstream' }] });
  edge = await startTestEdge({
    providers: {
      openai: { ...common, type: 'openai-compatible', baseUrl: `${origin}/v1` },
      anthropic: { ...common, type: 'anthropic', baseUrl: origin },
    },
    models: { openai: route('openai'), anthropic: route('anthropic') },
    retry: { maxAttempts: 1 },
    circuitBreaker: { consecutiveFailures: 1_000_000, minRequests: 1_000_000 },
  });
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const COMPLETION = JSON.stringify({
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
});

interface Crossing {
  /** What the provider read, null when nothing came to it. */
  readonly upstream: string | null;
  readonly downstream: string;
}

/** One call with these header lines of the client's, as they are. */
async function cross(
  lines: readonly string[],
  dialect: 'chat' | 'messages',
  model: string,
): Promise<Crossing> {
  const before = provider.requests.length;
  const client = await rawClient(edge.port);
  const body = JSON.stringify(dialect === 'chat' ? chatBody({ model }) : messagesBody({ model }));
  const path = dialect === 'chat' ? '/v1/chat/completions' : '/v1/messages';
  const own = ['host: edge', `authorization: Bearer ${KEY}`, 'content-type: application/json'];
  const head = [`POST ${path} HTTP/1.1`, ...own, `content-length: ${Buffer.byteLength(body)}`, ...lines];
  client.socket.write(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`, 'latin1');
  await client.ended;
  client.socket.destroy();
  const text = client.text();
  return {
    upstream: provider.requests[before]?.head ?? null,
    downstream: text.slice(0, text.indexOf('\r\n\r\n')),
  };
}

const namesOf = (head: string): string[] =>
  head
    .split('\r\n')
    .slice(1)
    .map((line) => /^([^:\s]+):/.exec(line)?.[1]?.toLowerCase() ?? `no header: ${line}`);

const outside = (head: string, allowed: ReadonlySet<string>): string[] =>
  namesOf(head).filter((name) => !allowed.has(name));

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,24}$/);
/** Printable, and bytes above ASCII; what a parser refuses has a test of its own. */
const value = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,40}$/).map((text) => `${MARK} ${text}`);
const FRAMING =
  /^(?:connection|content-.*|transfer-encoding|expect|upgrade|host|authorization|x-api-key|api-key|trailer|te|keep-alive|x-request-id|anthropic-beta|x-sluice-deadline-ms)$/i;

describe('headers over real sockets', () => {
  it(`${CALLS} sets of a client's and of a provider's: nothing of either crosses`, async () => {
    const clientName = fc
      .oneof(fc.constantFrom(...CLIENT_SECRETS), token)
      .filter((name) => !FRAMING.test(name));
    const providerName = fc
      .oneof(fc.constantFrom(...PROVIDER_SECRETS), token)
      .filter((name) => !/^(?:connection|content-.*|transfer-encoding|upgrade|keep-alive)$/i.test(name));
    const linesOf = (name: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
      fc.array(
        fc.tuple(name, value).map(([key, text]) => `${key}: ${text}`),
        { maxLength: 15 },
      );
    const dialect = fc.constantFrom('chat' as const, 'messages' as const);
    const model = fc.constantFrom('openai', 'anthropic');
    await fc.assert(
      fc.asyncProperty(
        ...([
          linesOf(clientName),
          linesOf(providerName),
          dialect,
          model,
          fc.constantFrom(200, 400, 500),
        ] as const),
        async (clientLines, providerLines, ask, asked, code) => {
          extraLines = providerLines;
          status = code;
          const { upstream, downstream } = await cross(clientLines, ask, asked);
          expect(outside(upstream ?? 'none\r\nnone', UPSTREAM)).toEqual([]);
          expect(upstream).not.toContain(MARK);
          expect(upstream).not.toContain(KEY);
          expect(outside(downstream, DOWNSTREAM)).toEqual([]);
          expect(downstream).not.toContain(MARK);
        },
      ),
      { numRuns: CALLS },
    );
    extraLines = [];
    status = 200;
  });

  it('each secret of a client alone stays here', async () => {
    const loud = CLIENT_SECRETS.filter((name) => !FRAMING.test(name));
    const { upstream, downstream } = await cross(
      loud.map((name) => `${name}: ${MARK}`),
      'messages',
      'anthropic',
    );
    expect(downstream).toMatch(/^HTTP\/1\.1 200 /);
    expect(outside(upstream ?? '', UPSTREAM)).toEqual([]);
    expect(upstream).not.toContain(MARK);
  });

  it('each secret of a provider alone stays here, its hop-by-hop headers too', async () => {
    extraLines = [...PROVIDER_SECRETS.map((name) => `${name}: ${MARK}`), `connection: close, ${MARK}`];
    const { downstream } = await cross([], 'chat', 'openai');
    extraLines = [];
    expect(downstream).toMatch(/^HTTP\/1\.1 200 /);
    expect(outside(downstream, DOWNSTREAM)).toEqual([]);
    expect(downstream).not.toContain(MARK);
  });

  it('what an adapter lists and our own labels do cross', async () => {
    const { upstream, downstream } = await cross(
      ['anthropic-beta: one', 'x-request-id: abc'],
      'messages',
      'anthropic',
    );
    expect(upstream).toMatch(/\r\nanthropic-beta: one(?:\r\n|$)/);
    expect(upstream).toMatch(/\r\nx-request-id: abc\r\n/);
    expect(upstream).toMatch(/\r\nx-sluice-attempt-id: [0-9a-f-]{36}\.1(?:\r\n|$)/);
    expect(upstream).toMatch(/\r\nx-api-key: provider-secret-0123(?:\r\n|$)/);
    expect(downstream).toMatch(/\r\nx-request-id: abc\r\n/);
  });

  it.each([
    ['CR in a value', 'anthropic-beta: a\rx-evil: 1'],
    ['LF in a value', 'anthropic-beta: a\nx-evil: 1'],
    ['NUL in a value', 'anthropic-beta: a\0b'],
    ['a folded line', 'anthropic-beta: a\r\n x-evil: 1'],
    ['a blank before the colon', 'anthropic-beta : a'],
    ['a label with a line end in it', 'x-request-id: a\rb'],
    ['a label with a blank', 'x-request-id: a b'],
    ['a label that is too long', `x-request-id: ${'a'.repeat(129)}`],
    ['two labels', 'x-request-id: a\r\nx-request-id: b'],
    ['no name', ': a'],
  ])('%s makes no line at the provider', async (_name, line) => {
    const { upstream, downstream } = await cross([line], 'messages', 'anthropic');
    expect(downstream).toMatch(/^HTTP\/1\.1 (?:200|400) /);
    expect(upstream ?? '').not.toMatch(/x-evil|x-request-id: a|[\0]|anthropic-beta: a/);
  });
});
