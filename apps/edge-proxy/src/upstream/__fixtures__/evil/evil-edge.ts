// A hostile provider of both kinds, an edge over it, and what a client makes of each case.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { waitFor } from '@sluice/testing';
import { expect } from 'vitest';
import { asMessages, messagesBody } from '../../../__fixtures__/anthropic-replies.js';
import { type CallOptions, chatBody, open } from '../../../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../../../__fixtures__/test-edge.js';
import { KEY } from '../../../__fixtures__/test-generation.js';
import { type RawRequest, startRawServer } from '../../http1/__fixtures__/raw-server.js';
import type { EvilCase } from './evil-case.js';

/** From here on a call would hang: the deadline, and what a busy machine may add. */
const HANGS_MS = 15_000;
const TIMEOUTS = { connect: '5s', firstToken: '500ms', idle: '500ms', total: '1500ms' };

/** What a client heard, and what became of the connection to the provider. */
export interface Heard {
  readonly status: number;
  readonly text: string;
  /** Milliseconds from the end of the client's answer until the provider's connection was closed; null when it was kept. */
  readonly closedAfterMs: number | null;
}

export interface EvilEdge extends AsyncDisposable {
  readonly edge: TestEdge;
  /** Plays one case and checks what holds for all. */
  run(evil: EvilCase): Promise<Heard>;
}

export async function startEvilEdge(): Promise<EvilEdge> {
  const cases = new Map<string, { readonly evil: EvilCase; socket: Socket | null }>();
  const server = await startRawServer((request) => {
    const played = cases.get(labelOf(request));
    if (played === undefined) return void request.socket.destroy();
    played.socket = request.socket;
    played.evil.play(request.socket);
  });
  const edge = await startTestEdge(configOver(server.address.origin));
  let count = 0;
  const run = async (evil: EvilCase): Promise<Heard> => {
    const label = `case-${(count += 1)}`;
    const played = { evil, socket: null as Socket | null };
    cases.set(label, played);
    const response = await within(HANGS_MS, open(edge.port, asCall(evil, label)), evil);
    const { status, text, isWhole } = await within(HANGS_MS, readBytes(response), evil);
    const endedMs = performance.now();
    expect(isWhole, `${evil.name}: the client's answer is cut`).toBe(true);
    expectWellFormed(evil, status, text);
    // What failed is closed; what ended well may be kept, or lingers for a second.
    if (isFailed(status, text)) {
      await waitFor(() => played.socket === null || played.socket.destroyed, { timeoutMs: HANGS_MS });
    }
    cases.delete(label);
    server.forget();
    const closedAfterMs = played.socket?.destroyed === true ? performance.now() - endedMs : null;
    return { status, text, closedAfterMs };
  };
  return {
    edge,
    run,
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const labelOf = ({ head }: RawRequest): string => /^x-request-id: (.*)$/m.exec(head)?.[1]?.trim() ?? '';

function configOver(origin: string): object {
  const provider = { apiKey: 'provider-secret', allowPrivateNetwork: true };
  const route = (name: string): object => ({ routes: [{ provider: name, model: 'upstream' }] });
  return {
    providers: {
      openai: { ...provider, type: 'openai-compatible', baseUrl: `${origin}/v1` },
      anthropic: { ...provider, type: 'anthropic', baseUrl: origin },
    },
    models: { openai: route('openai'), anthropic: route('anthropic') },
    timeouts: TIMEOUTS,
    retry: { maxAttempts: 1 },
    // Each case is to reach its provider.
    circuitBreaker: { consecutiveFailures: 1_000_000, minRequests: 1_000_000 },
  };
}

function asCall({ ask }: EvilCase, label: string): CallOptions {
  const changes = { model: ask.provider, stream: ask.stream };
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    'x-request-id': label,
  };
  if (ask.client === 'chat') return { headers, body: chatBody(changes) };
  return asMessages({ headers, body: messagesBody(changes) });
}

/** As latin1, so that no byte is lost. */
async function readBytes(response: IncomingMessage) {
  response.setEncoding('latin1');
  const parts: string[] = [];
  response.on('data', (text: string) => parts.push(text));
  response.on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  return { status: response.statusCode ?? 0, text: parts.join(''), isWhole: response.complete };
}

async function within<T>(ms: number, promise: Promise<T>, { name }: EvilCase): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${name}: the call hangs`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param text latin1 */
export const isFailed = (status: number, text: string): boolean =>
  status !== 200 || /(?:^|\n)(?:event: error\n|data: \{"error":)/.test(text);

/** Whatever a provider does, its client gets whole HTTP, one end, valid text, and no word that is not meant for it. */
function expectWellFormed(evil: EvilCase, status: number, text: string): void {
  const { ask, name, outcome } = evil;
  const about = `${name} (${JSON.stringify(ask)}): ${status} ${text.slice(0, 300)} … ${text.slice(-300)}`;
  expect(isUtf8(Buffer.from(text, 'latin1')), about).toBe(true);
  expect(text, about).not.toMatch(/provider-secret|secret words/);
  if (outcome === 'failure') expect(isFailed(status, text), about).toBe(true);
  if (status !== 200) {
    if (outcome === 'failure') expect([502, 504], about).toContain(status);
    expectError(text, about);
  } else if (ask.stream) {
    expectStreamEnd(evil, text, about);
  } else {
    expect(JSON.parse(text), about).toMatchObject({});
  }
}

function expectError(text: string, about: string): void {
  const document = JSON.parse(text) as { error?: { message?: unknown } };
  expect(document.error, about).toBeDefined();
}

function expectStreamEnd({ ask }: EvilCase, text: string, about: string): void {
  const marker =
    ask.client === 'chat'
      ? /(?:^|\n)data: \[DONE\]\r?\n\r?\n/g
      : /(?:^|\n)data: ?\{"type":"message_stop"\}\r?\n/g;
  const markers = [...text.matchAll(marker)].length;
  const error = /(?:event: error\n)?data: [^\n]*"error"[^\n]*\n\n$/.exec(text.replace(/\r/g, ''));
  const ends = { markers, isError: isFailed(200, text) };
  if (ends.isError) expect([ends.markers, error !== null], about).toEqual([0, true]);
  else expect(ends.markers, about).toBe(1);
}
