// What is wrong from outside: requests, the config, the environment. The built edge, as its own process.
import { connect, createServer } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startTestNats, type TempDir, tempDir, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EDGE_KEY,
  edgeConfig,
  type EdgeProcess,
  EventReader,
  launchEdge,
  NARROW_KEY,
  startEdge,
  startStubProvider,
  type StubProvider,
} from './harness/edge-process.js';

let dir: TempDir;
let nats: TestServer;
let provider: StubProvider;
let edge: EdgeProcess;
let events: EventReader;

beforeAll(async () => {
  [dir, nats, provider] = await Promise.all([tempDir('sluice-e2e-'), startTestNats(), startStubProvider()]);
  events = await EventReader.open(nats.url);
  edge = await startEdge({ dir: dir.path, config: edgeConfig(provider.baseUrl), natsUrl: nats.url });
});
afterAll(async () => {
  expect(await edge.process.stop(10_000)).toEqual({ code: 0, signal: null });
  await events[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await nats.stop();
  await dir.remove();
});

const bearer = { authorization: `Bearer ${EDGE_KEY}`, 'content-type': 'application/json' };
const CHAT = '/v1/chat/completions';

interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer<ArrayBuffer>;
}
interface Refusal {
  readonly status: number;
  readonly code: string;
  /** What the sentence must name. */
  readonly says: RegExp;
  /** False: the key is not known, or no event is due. */
  readonly event?: boolean;
}

const deep = (depth: number): string => `{"model":"m","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const json = (says: RegExp) => ({ status: 400, code: 'invalid_json', says });
const field = (says: RegExp) => ({ status: 400, code: 'invalid_request', says });
const key = { status: 401, code: 'invalid_api_key', event: false };
const route = { status: 404, code: 'unknown_route', says: /POST \/v1\/chat\/completions/, event: false };
const method = { status: 405, code: 'method_not_allowed', says: /takes POST, not/, event: false };
const type = { status: 415, code: 'unsupported_media_type' };

const REFUSALS: readonly (readonly [string, Call, Refusal])[] = [
  ['malformed JSON', { body: '{"model": "m",' }, json(/ends too early/)],
  ['no JSON object', { body: '[1]' }, json(/must be a JSON object/)],
  ['an empty body', { body: '' }, json(/JSON object|too early/)],
  ['no model', { body: '{"messages":[]}' }, field(/"model" is missing.*GET \/v1\/models/)],
  ['a model of the wrong kind', { body: '{"model":7}' }, field(/"model" must be a string, not a number/)],
  [
    'stream of the wrong kind',
    { body: '{"model":"m","stream":"yes"}' },
    field(/"stream" must be true or false/),
  ],
  [
    'an unknown model',
    { body: '{"model":"gpt-9"}' },
    { status: 404, code: 'model_not_found', says: /"gpt-9".*GET \/v1\/models/ },
  ],
  ['no key', { headers: {} }, { ...key, says: /Authorization: Bearer/ }],
  [
    'a wrong key',
    { headers: { authorization: 'Bearer sk-wrong' } },
    { ...key, says: /unknown, disabled or expired/ },
  ],
  ['two keys', { headers: { ...bearer, 'x-api-key': NARROW_KEY } }, { ...key, says: /Two different/ }],
  [
    'a model not for this key',
    { headers: { 'x-api-key': NARROW_KEY, 'content-type': 'application/json' }, body: '{"model":"other"}' },
    { status: 403, code: 'model_not_allowed', says: /"other"/ },
  ],
  [
    'a body over the limit',
    { body: `{"model":"m","x":"${'x'.repeat(1_200_000)}"}` },
    { status: 413, code: 'request_too_large', says: /1 MB.*server\.maxRequestBodyMb/ },
  ],
  ['depth 100,000', { body: deep(100_000) }, json(/deeper than 64/)],
  ['depth 65', { body: deep(64) }, json(/deeper than 64/)],
  ['duplicate keys', { body: '{"model":"m","model":"other"}' }, json(/"model" appears twice/)],
  ['duplicate keys far below', { body: '{"model":"m","a":[[{"b":1,"b":2}]]}' }, json(/"b" appears twice/)],
  ['duplicate keys in escapes', { body: '{"model":"m","a":{"b":1,"\\u0062":2}}' }, json(/"b" appears twice/)],
  ['__proto__', { body: '{"model":"m","__proto__":{"x":1}}' }, json(/__proto__/)],
  ['__proto__ far below', { body: '{"model":"m","a":{"__proto__":{"x":1}}}' }, json(/__proto__/)],
  [
    'a disguised key',
    { body: '{"model":"m","STREAM":true}' },
    field(/"STREAM" is not written in its plain form/),
  ],
  ['an escaped key', { body: '{"\\u006dodel":"m"}' }, field(/"model" is not written in its plain form/)],
  ['invalid UTF-8', { body: Buffer.from('{"model":"m\xff"}', 'latin1') }, json(/not valid UTF-8/)],
  ['an unknown route', { path: '/v1/completions' }, route],
  ['a path variant', { path: '/v1/chat/completions/' }, route],
  ['an encoded path', { path: '/v1/chat%2fcompletions' }, route],
  ['an undecodable path', { path: '/%zz' }, route],
  ['a wrong method', { method: 'PUT' }, method],
  ['DELETE', { method: 'DELETE', path: '/v1/embeddings' }, method],
  ['POST to the models', { path: '/v1/models' }, { ...method, says: /takes GET, not POST/ }],
  [
    'a wrong media type',
    { headers: { ...bearer, 'content-type': 'text/plain' } },
    { ...type, says: /Content-Type: application\/json/ },
  ],
  [
    'a content encoding',
    { headers: { ...bearer, 'content-encoding': 'gzip' } },
    { ...type, says: /without a content encoding/ },
  ],
  [
    'a bad deadline',
    { headers: { ...bearer, 'x-sluice-deadline-ms': 'soon' } },
    field(/"x-sluice-deadline-ms" must be/),
  ],
];

test.each(REFUSALS)(
  '%s: its status, its code, a sentence that helps, a request id',
  async (_, call, refusal) => {
    const { path = CHAT, method: verb = 'POST', headers = bearer, body = '{"model":"m"}' } = call;
    const before = provider.count;
    const response = await fetch(edge.url + path, { method: verb, headers, body });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect([response.status, error.code]).toEqual([refusal.status, refusal.code]);
    expect(error.message).toMatch(refusal.says);
    const requestId = response.headers.get('x-request-id');
    expect(requestId).toMatch(/^[\w.-]{1,128}$/);
    expect(provider.count).toBe(before);
    if (refusal.event === false) return;
    const found = await waitFor(
      async () => (await events.all()).filter((event) => event.requestId === requestId).at(0),
      { message: 'no event of the refusal' },
    );
    expect(found).toMatchObject({ outcome: 'rejected', status: refusal.status, errorCode: refusal.code });
  },
);

/** Writes bytes as they are; resolves with all that came back until the edge closed. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let given = '';
    const socket = connect(edge.port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.setTimeout(5000, () => socket.destroy(new Error('the edge does not close')));
    socket.setEncoding('latin1').on('data', (piece: string) => (given += piece));
    socket.on('error', reject);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(given));
  });

test.each([
  ['length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n', 400],
  ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n', 'xxxxxx', 400],
  ['an unknown transfer encoding', 'transfer-encoding: gzip\r\n', 'x', 400],
  ['headers of 20 KB', `x-a: ${'y'.repeat(20_000)}\r\n`, '', 431],
  ['a folded header', 'x-a: b\r\n c\r\n', '', 400],
])(
  'bad HTTP (%s): one JSON error with a request id, then the connection closes',
  async (_, lines, body, status) => {
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${EDGE_KEY}\r\n`;
    const given = await raw(`${head}${lines}\r\n${body}`);
    expect(given).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*x-request-id: [\\w.-]+\\r\\n`));
    expect(JSON.parse(given.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      error: { code: 'invalid_request' },
    });
  },
);

describe('a config that cannot be used', () => {
  async function failedStart(config: string, env: Record<string, string> = {}): Promise<string> {
    await using own = await tempDir('sluice-e2e-');
    const process = launchEdge({ dir: own.path, config, env });
    expect(await process.ended).toEqual({ code: 1, signal: null });
    return process.output;
  }

  test('ten mistakes are ten lines with their places, and the exit code is 1', async () => {
    const output = await failedStart(`
server: { port: 99999, maxRequestBodyMB: 1 }
providers:
  p: { type: opanai }
  q: { type: openai-compatible, apiKey: k1 }
models:
  m: { routes: [{ provider: nobody, model: x }] }
  n: { routes: [] }
  o: { routes: [{ provider: p, model: 7 }], strategy: fastest }
aliases: { a: nothing }
timeouts: { total: soon }
keys:
  - { name: k, key: short }
`);
    const lines = output.split('\n').filter((line) => /sluice\.yaml:\d+:\d+/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(output).toMatch(/has (\d\d) mistakes/);
    expect(Number(/has (\d+) mistakes/.exec(output)?.[1])).toBe(lines.length);
    for (const named of [
      'maxRequestBodyMb',
      '"openai"',
      'models.m.routes[0].provider',
      'models.o.strategy',
      'timeouts.total',
      'keys[0].key',
    ]) {
      expect(output).toContain(named);
    }
    expect(output).not.toMatch(/\n\s+at /);
  });

  test('a missing variable is named, a value never shown', async () => {
    const config = edgeConfig(provider.baseUrl).replace('provider-secret', '${MY_PROVIDER_KEY}');
    const output = await failedStart(config);
    expect(output).toContain('MY_PROVIDER_KEY');
    expect(output).not.toContain(EDGE_KEY);
  });

  test('a file that is not there is named', async () => {
    expect(await failedStart('', { SLUICE_CONFIG: '/nowhere/my.yaml' })).toContain('/nowhere/my.yaml');
  });

  test('all wrong variables of the environment come at once', async () => {
    const env = { NATS_URL: 'http://localhost', EDGE_PROXY_OPS_PORT: 'x', LOG_LEVEL: 'loud' };
    const output = await failedStart(edgeConfig(provider.baseUrl), env);
    for (const name of Object.keys(env)) expect(output).toContain(name);
  });

  test.each([
    ['EDGE_PROXY_PORT', /data plane is in use/],
    ['EDGE_PROXY_OPS_PORT', /ops port .* is in use/],
  ])('a busy port is told with %s, which moves it', async (variable, says) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number }; // A listening TCP server's.
    const output = await failedStart(edgeConfig(provider.baseUrl), { [variable]: String(port) });
    holder.close();
    expect(output).toMatch(says);
    expect(output).toContain(`127.0.0.1:${port}`);
    expect(output).toContain(`Set ${variable}`);
    expect(output).not.toMatch(/\n\s+at /);
  });
});

test('without NATS the edge says which variable and address, serves, and delivers when NATS comes', async () => {
  await using own = await tempDir('sluice-e2e-');
  const late = await startTestNats();
  await late.halt();
  mkdirSync(join(own.path, 'data'));
  const lonely = await startEdge({ dir: own.path, config: edgeConfig(provider.baseUrl), natsUrl: late.url });
  const ids: (string | null)[] = [];
  for (let index = 0; index < 5; index += 1) {
    const response = await fetch(lonely.url + CHAT, {
      method: 'POST',
      headers: bearer,
      body: '{"model":"m"}',
    });
    expect(response.status).toBe(200);
    ids.push(response.headers.get('x-request-id'));
  }
  const address = new URL(late.url).host;
  await waitFor(() => lonely.process.output.includes('NATS_URL') && lonely.process.output.includes(address), {
    timeoutMs: 10_000,
    message: () => lonely.process.output,
  });
  await late.restart();
  await using reader = await EventReader.open(late.url);
  const arrived = await reader.atLeast(5, 20_000);
  expect(arrived.map(({ requestId }) => requestId).sort()).toEqual([...ids].sort());
  expect(await lonely.process.stop(10_000)).toEqual({ code: 0, signal: null });
  await late.stop();
});
