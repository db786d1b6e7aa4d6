// Ten thousand bodies that nobody wrote, with a good key: the edge answers each of them, and never with a fault of its own.
import { Agent, request } from 'node:http';
import { type TempDir, tempDir } from '@sluice/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  beginStream,
  EDGE_KEY,
  edgeConfig,
  type EdgeProcess,
  plainAnswer,
  startEdge,
  startStubProvider,
  STREAM_END,
  type StubProvider,
} from './harness/edge-process.js';

const RUNS = 10_000;
const AT_ONCE = 16;

let dir: TempDir;
let provider: StubProvider;
let edge: EdgeProcess;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

beforeAll(async () => {
  [dir, provider] = await Promise.all([tempDir('sluice-e2e-'), startStubProvider()]);
  provider.answer = (response, text, { url }) => {
    const { stream } = JSON.parse(text) as { stream?: unknown };
    if (stream !== true || url === '/v1/embeddings') return plainAnswer(response);
    beginStream(response, 'x');
    response.end(STREAM_END);
  };
  edge = await startEdge({ dir: dir.path, config: edgeConfig(provider.baseUrl) });
});
afterAll(async () => {
  agent.destroy();
  await edge.process.stop(10_000);
  await provider[Symbol.asyncDispose]();
  await dir.remove();
});

function post(path: string, body: Buffer): Promise<{ status: number; text: string; requestId: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(edge.url + path, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${EDGE_KEY}`,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    });
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, requestId: response.headers['x-request-id'] }),
      );
    });
    call.end(body);
  });
}

const names = fc.constantFrom(
  'model',
  'stream',
  'stream_options',
  'user',
  'n',
  'encoding_format',
  'messages',
  'Model',
  '__proto__',
  'mod\\u0065l',
  'constructor',
  '',
);
const key = fc.oneof(
  names,
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1)),
);
const scalar = fc.oneof(
  fc.constantFrom(
    '"m"',
    '"other"',
    '"\\u006d"',
    'true',
    'false',
    'null',
    '{}',
    '[]',
    '1e999',
    '-0',
    '"\\ud800"',
    '00',
    'NaN',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.double().map(String),
);
const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 5 })
    .map((members) => `{${members.map(([name, item]) => `"${name}":${item}`).join(',')}}`),
}));
/** Objects that are nearly right, and what becomes of them when bytes get lost or changed. */
const nearlyRight = fc
  .tuple(
    fc.array(fc.tuple(key, value), { maxLength: 6 }),
    fc.constantFrom(['"model":"m"'], ['"model":"m"'], ['"model":"nobody"'], []),
  )
  .map(([members, model]) => {
    const fields = members.map(([name, item]) => `"${name}":${item}`);
    return `{${[...model, ...fields].join(',')}}`;
  });
const damaged = fc.tuple(nearlyRight, fc.nat(), fc.nat(255), fc.boolean()).map(([text, at, byte, isCut]) => {
  const bytes = Buffer.from(text);
  const offset = at % (bytes.length + 1);
  if (isCut) return bytes.subarray(0, offset);
  if (offset < bytes.length) bytes[offset] = byte;
  return bytes;
});
const body = fc.oneof(
  { weight: 4, arbitrary: nearlyRight.map((text) => Buffer.from(text)) },
  { weight: 3, arbitrary: damaged },
  { weight: 1, arbitrary: value.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);
const call = fc.tuple(fc.constantFrom('/v1/chat/completions', '/v1/embeddings'), body);

test(`${RUNS} bodies: none answered with a 5xx, each with a request id, the edge as well as before`, async () => {
  const seed = Number(process.env['SLUICE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  const cases = fc.sample(call, { numRuns: RUNS, seed });
  const statuses = new Map<number, number>();
  const wrong: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < cases.length; index = next++) {
      const [path, bytes] = cases[index]!;
      const { status, text, requestId } = await post(path, bytes);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const isGood =
        status < 500 && typeof requestId === 'string' && (status === 200 || text.includes('"error"'));
      if (!isGood) wrong.push({ seed, path, body: bytes.toString('latin1'), status, text });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(edge.process.isRunning).toBe(true);
  // The bodies are good enough to get everywhere.
  for (const status of [200, 400, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(50);
  expect(statuses.get(200)).toBe(provider.count);
  const plain = await post('/v1/chat/completions', Buffer.from('{"model":"m"}'));
  expect(plain.status).toBe(200);
  expect(edge.process.output).not.toMatch(/met a bug|fatal|uncaught/i);
}, 120_000);
