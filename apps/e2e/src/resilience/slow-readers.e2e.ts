// Clients that read 1 KiB a second of long streams: the providers are held back, memory stays, nobody else waits.
// `npm run verify:slow-reader` has 500 of them for a minute.
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type TempDir, tempDir, waitFor } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  EDGE_KEY,
  edgeConfig,
  type EdgeProcess,
  plainAnswer,
  startEdge,
  startStubProvider,
  STREAM_END,
  type StubProvider,
  wordEvent,
} from '../harness/edge-process.js';
import { collectGarbage, INSPECTED } from '../harness/collect-garbage.js';
import { readSlowReadersConfig } from './slow-readers.config.js';

const { clients, forMs, streamMib } = readSlowReadersConfig(process.env);
/** Words of 1 KiB that say their number. */
const WORDS = streamMib * 1024;
const FILLER = 'x'.repeat(930);
const BYTES_A_SECOND = 1024;
/**
 * What a reader costs while its provider is held back: one read of 64 KiB on its way to the client, the strings that it
 * became, and what the socket had read ahead. A stream that is not held back costs megabytes.
 */
const MOST_HELD_BYTES = (20 + clients * 0.35) * 1024 * 1024;
/** Nothing makes a heap that has room collect what went through it. */
const MOST_GARBAGE_BYTES = 150 * 1024 * 1024;
const QUICK_REQUESTS = 300;
const ROUNDS = 3;
const FAST_READERS = 10;
const FAST_ROUNDS = 2;

let provider: StubProvider;
let dir: TempDir;
let edge: EdgeProcess | undefined;
const agent = new Agent({ keepAlive: true, maxSockets: 2 });
const readers: IncomingMessage[] = [];

beforeAll(async () => {
  [provider, dir] = await Promise.all([startStubProvider(), tempDir('sluice-e2e-')]);
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.destroy();
});
afterAll(async () => {
  agent.destroy();
  await edge?.process.stop(8_000);
  await provider[Symbol.asyncDispose]();
  await dir.remove();
});

test(
  `${clients} slow readers cost little memory and nobody else's time, and get all of their streams`,
  async () => {
    let poured = 0;
    provider.answer = (response, body) => {
      if (!body.includes('"stream":true')) {
        plainAnswer(response);
        return;
      }
      pour(response, (bytes) => {
        poured += bytes;
      });
    };
    edge = await startEdge({ dir: dir.path, config: edgeConfig(provider.baseUrl), env: INSPECTED });
    const { port, process: served } = edge;
    const before = await quickP99Ms(port);
    const fastPeak = await rssOfFastReaders(edge);
    const heldBefore = await heldBytesOf(served);
    poured = 0;
    for (let index = 0; index < clients; index += 1) readers.push(await openStream(port));
    await standsStill(() => poured);
    const stop = readSlowly(readers);
    const during = await quickP99Ms(port);
    let most = 0;
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs) {
      most = Math.max(most, rssBytesOf(served.pid));
      await pause(100);
    }
    stop();
    const held = (await heldBytesOf(served)) - heldBefore;
    const growth = most - fastPeak;
    process.stdout.write(
      `slow readers: ${clients}, poured ${mib(poured)} of ${mib(clients * WORDS * 1024)}, held for them ${mib(held)}, ` +
        `peak RSS ${mib(growth)} above that of fast readers (${mib(fastPeak)}), ` +
        `p99 of others ${before.toFixed(1)} ms, then ${during.toFixed(1)} ms\n`,
    );
    expect(poured).toBeLessThan(clients * WORDS * 1024);
    expect(held).toBeLessThan(MOST_HELD_BYTES);
    expect(growth).toBeLessThan(MOST_HELD_BYTES + MOST_GARBAGE_BYTES);
    // A busy machine is as noisy as that.
    expect(during).toBeLessThan(before * 1.2 + 10);
    const [reader] = readers;
    if (reader === undefined) throw new Error('nobody reads');
    expect(await wordNumbersOf(reader)).toEqual(Array.from({ length: WORDS }, (_, number) => number));
  },
  120_000 + forMs,
);

/**
 * The most memory while the same streams are read as fast as they come: a heap through which hundreds of megabytes went
 * keeps some of the garbage, whoever reads them.
 */
async function rssOfFastReaders({ port, process: served }: EdgeProcess): Promise<number> {
  let most = 0;
  for (let round = 0; round < FAST_ROUNDS; round += 1) {
    const streams = await Promise.all(Array.from({ length: FAST_READERS }, () => openStream(port)));
    const whole = streams.map(async (stream) => {
      let bytes = 0;
      for await (const chunk of stream) bytes += (chunk as Buffer).length; // No encoding is set.
      most = Math.max(most, rssBytesOf(served.pid));
      expect(bytes).toBeGreaterThan(WORDS * FILLER.length);
    });
    await Promise.all(whole);
  }
  return most;
}

/** What is left of its memory without garbage. */
async function heldBytesOf(served: EdgeProcess['process']): Promise<number> {
  await collectGarbage(served);
  await pause(500); // freed pages go back a little later
  return rssBytesOf(served.pid);
}

/** Writes as fast as it is allowed to. */
function pour(response: ServerResponse, onBytes: (bytes: number) => void): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let number = 0;
  const go = (): void => {
    while (number < WORDS && !response.destroyed) {
      const event = wordEvent(`#${number} ${FILLER}`);
      number += 1;
      onBytes(event.length);
      if (response.write(event)) continue;
      response.once('drain', go);
      return;
    }
    response.end(STREAM_END);
  };
  go();
}

/** Comes again when the edge sheds load: a machine that is busy with ten streams at full speed may be late. */
async function openStream(port: number): Promise<IncomingMessage> {
  for (let left = 50; ; left -= 1) {
    const response = await post(port);
    if (response.statusCode === 200) return response;
    if (response.statusCode !== 503 || left === 0) throw new Error(`status ${response.statusCode}`);
    response.resume();
    await pause(200);
  }
}

function post(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request({ ...target(port), agent: false }, (response) => {
      response.on('error', () => undefined);
      resolve(response);
    });
    call.on('error', reject);
    call.end('{"model":"m","stream":true,"messages":[]}');
  });
}

const target = (port: number) => ({
  host: '127.0.0.1',
  port,
  path: '/v1/chat/completions',
  method: 'POST',
  headers: { authorization: `Bearer ${EDGE_KEY}`, 'content-type': 'application/json' },
});

const slowBytes = new WeakMap<IncomingMessage, Buffer[]>();

/** @returns stops it */
function readSlowly(all: readonly IncomingMessage[]): () => void {
  const timer = setInterval(() => {
    for (const reader of all) {
      // No encoding is set.
      const chunk = reader.read(BYTES_A_SECOND) as Buffer | null;
      if (chunk !== null) slowBytes.set(reader, [...(slowBytes.get(reader) ?? []), chunk]);
    }
  }, 1000);
  return () => clearInterval(timer);
}

async function wordNumbersOf(reader: IncomingMessage): Promise<number[]> {
  const chunks = slowBytes.get(reader) ?? [];
  for await (const chunk of reader) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  return [...text.matchAll(/"#(\d+) /g)].map((match) => Number(match[1]));
}

/** Waits until nothing has moved for a while. */
async function standsStill(read: () => number): Promise<void> {
  let before = -1;
  await waitFor(
    () => {
      const stands = read() === before;
      before = read();
      return stands;
    },
    { intervalMs: 400, timeoutMs: 60_000, message: 'the providers were never held back' },
  );
}

/** Of the calmest round: what others do on this machine is no matter of ours. */
async function quickP99Ms(port: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const times: number[] = [];
    for (let index = 0; index < QUICK_REQUESTS; index += 1) times.push(await quickMs(port));
    times.sort((one, other) => one - other);
    rounds.push(times[Math.floor(times.length * 0.99)] ?? 0);
  }
  return Math.min(...rounds);
}

function quickMs(port: number): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const call = request({ ...target(port), agent }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startedMs);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    call.on('error', reject);
    call.end('{"model":"m","messages":[]}');
  });
}

function rssBytesOf(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
