// Addresses in bodies are words: nothing is fetched, looked up or connected to for them. Every socket and every lookup
// of this process is counted while bodies full of addresses are served; `SLUICE_VERIFY_EGRESS_BODIES` says how many.
import { createHook } from 'node:async_hooks';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import diagnostics from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COUNT_TOKENS, message, MESSAGES, MESSAGES_HEADERS } from '../__fixtures__/anthropic-replies.js';
import { answer, completion, type FakeProvider, startFakeProvider } from '../__fixtures__/fake-provider.js';
import { call, CHAT } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';

const BODIES = Number(process.env['SLUICE_VERIFY_EGRESS_BODIES'] ?? 200);

/** Ports that a socket of this process was connected to, in order. */
const dialled: (number | undefined)[] = [];
const onSocket = (event: unknown): void => {
  // The channel's message is an object with the new socket.
  const { socket } = event as { socket: Socket };
  socket.once('connectionAttempt', (_address: string, port: number) => dialled.push(port));
};
/** Lookups of names, and sockets of other kinds than TCP. */
const looked: string[] = [];
const LOOKUPS = new Set([
  'GETADDRINFOREQWRAP',
  'QUERYWRAP',
  'UDPWRAP',
  'UDPSENDWRAP',
  'PIPECONNECTWRAP',
  'PROCESSWRAP',
]);
const hook = createHook({
  init: (_id, type) => {
    if (LOOKUPS.has(type)) looked.push(type);
  },
});

let canary: Server;
let provider: FakeProvider;
let edge: TestEdge;
let visits = 0;
beforeAll(async () => {
  canary = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  provider = await startFakeProvider((received) => {
    if (received.path.endsWith('/count_tokens')) answer(200, { input_tokens: 9 })(received);
    else if (received.path.includes('/messages')) message('Hi')(received);
    else if (received.path.endsWith('/embeddings')) answer(200, { object: 'list', data: [] })(received);
    else completion('Hi')(received);
  });
  const common = { apiKey: 'provider-secret', allowPrivateNetwork: true };
  const route = (name: string): object => ({ routes: [{ provider: name, model: 'upstream' }] });
  edge = await startTestEdge({
    providers: {
      openai: { ...common, type: 'openai-compatible', baseUrl: provider.baseUrl },
      anthropic: { ...common, type: 'anthropic', baseUrl: provider.baseUrl },
    },
    models: { openai: route('openai'), anthropic: route('anthropic') },
  });
  diagnostics.subscribe('net.client.socket', onSocket);
  hook.enable();
});
afterAll(async () => {
  hook.disable();
  diagnostics.unsubscribe('net.client.socket', onSocket);
  await edge[Symbol.asyncDispose]();
  await provider.stop();
  await new Promise((resolve) => canary.close(resolve));
});

/** Addresses that a fetch, a preview or a token count could be tempted by. */
const addresses = (port: number, nonce: number): readonly string[] => [
  `http://127.0.0.1:${port}/image-${nonce}.png`,
  `http://localhost:${port}/a`,
  `https://[::1]:${port}/x.pdf`,
  'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  `https://name-${nonce}.example.com/cat.jpg`,
  'file:///etc/passwd',
  `ftp://127.0.0.1:${port}/f`,
  `gopher://127.0.0.1:${port}/_x`,
  `//127.0.0.1:${port}/y`,
  `http:\\\\127.0.0.1:${port}\\z`,
  `http://user:word@127.0.0.1:${port}/`,
];

interface UrlBody {
  readonly path: string;
  readonly body: object;
}

/** A body of every place where a dialect takes an address. */
function urlBody(nonce: number, url: string): UrlBody {
  const model = nonce % 2 === 0 ? 'openai' : 'anthropic';
  const chat = (content: readonly object[]): UrlBody => ({
    path: CHAT,
    body: {
      model,
      messages: [{ role: 'user', content: [{ type: 'text', text: `Look at ${url}` }, ...content] }],
    },
  });
  const messages = (content: readonly object[], path = MESSAGES): UrlBody => ({
    path,
    body: {
      model,
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'text', text: url }, ...content] }],
    },
  });
  const image = { type: 'image', source: { type: 'url', url } };
  const document = { type: 'document', source: { type: 'url', url }, title: url };
  const places: readonly (() => UrlBody)[] = [
    () => chat([{ type: 'image_url', image_url: { url } }]),
    () =>
      chat([
        { type: 'image_url', image_url: { url, detail: 'high' } },
        { type: 'image_url', image_url: { url } },
      ]),
    () => chat([{ type: 'file', file: { file_id: url, filename: url } }]),
    () => chat([{ type: 'file', file: { file_data: url } }]),
    () => chat([{ type: 'input_audio', input_audio: { data: url, format: 'wav' } }]),
    () => messages([image]),
    () => messages([document]),
    () => messages([{ type: 'tool_result', tool_use_id: 't', content: [image, document] }]),
    () => messages([image, document], COUNT_TOKENS),
    () => ({ path: '/v1/embeddings', body: { model: 'openai', input: [url, `<img src="${url}">`] } }),
  ];
  const place = places[nonce % places.length];
  if (place === undefined) throw new Error('no place for an address');
  return place();
}

describe('egress', () => {
  it(`${BODIES} bodies full of addresses: no socket but to the provider, no lookup, no visit`, async () => {
    const { port } = canary.address() as AddressInfo;
    const statuses = new Set<number>();
    for (let nonce = 0; nonce < BODIES; nonce += 1) {
      const urls = addresses(port, nonce);
      const { path, body } = urlBody(nonce, urls[Math.floor(nonce / 10) % urls.length] ?? '');
      const { status } = await call(edge.port, { path, body, headers: MESSAGES_HEADERS });
      statuses.add(status);
      // Served by the provider, or refused because its dialect cannot say it: nothing in between.
      expect([200, 400]).toContain(status);
    }
    expect(statuses).toContain(200);
    const mine = new Set([edge.port, provider.port]);
    expect(dialled.filter((each) => each === undefined || !mine.has(each))).toEqual([]);
    expect(dialled.filter((each) => each === edge.port)).toHaveLength(BODIES);
    expect(provider.calls.length).toBeGreaterThan(BODIES / 2);
    expect([looked, visits]).toEqual([[], 0]);
  });

  it('the count sees what it is there to see', async () => {
    const before = dialled.length;
    const { port } = canary.address() as AddressInfo;
    await fetch(`http://localhost:${port}/`).catch(() => undefined);
    expect(dialled.slice(before)).toContain(port);
    expect(looked).toContain('GETADDRINFOREQWRAP');
  });
});
