// A closed-loop load: each connection sends its next request when it has the whole answer to the last one.
//   node dist/load-generator.js PORT CONNECTIONS SECONDS BODY_BYTES plain|stream CLIENT_DIALECT PROVIDER_DIALECT
// Prints one line of JSON: {@link LoadResult}. Bounded in time; only ever dials 127.0.0.1.
import { connect } from 'node:net';
import { BENCH_KEY, type Dialect, makeRequestBody, PATHS } from './fixtures.js';
import type { LoadResult } from './load-result.js';

const LONGEST_SECONDS = 60;
const END_OF_CHUNKS = Buffer.from('0\r\n\r\n');

const [port, connections, seconds, bodyBytes, kind, clientName, providerName] = process.argv.slice(2);
const toDialect = (name: string | undefined): Dialect => (name === 'messages' ? 'messages' : 'chat');
const client = toDialect(clientName);
const body = makeRequestBody(Number(bodyBytes), {
  client,
  provider: toDialect(providerName),
  stream: kind === 'stream',
});
const REQUEST = Buffer.from(
  `POST ${PATHS[client]} HTTP/1.1\r\nhost: 127.0.0.1:${port ?? ''}\r\nauthorization: Bearer ${BENCH_KEY}\r\n` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);

const latenciesMs: number[] = [];
let answered = 0;
let failed = 0;
let isOver = false;

/** One connection that asks again and again. */
function drive(): void {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  let pending: Buffer[] = [];
  let length = 0;
  let whole = 0;
  let sentMs = 0;
  const ask = (): void => {
    pending = [];
    length = whole = 0;
    sentMs = performance.now();
    socket.write(REQUEST);
  };
  socket.on('connect', ask);
  socket.on('error', () => (failed += isOver ? 0 : 1));
  socket.on('data', (data: Buffer) => {
    pending.push(data);
    length += data.length;
    if (whole === 0) whole = wholeLength(Buffer.concat(pending));
    const isWhole = whole > 0 ? length >= whole : data.subarray(-END_OF_CHUNKS.length).equals(END_OF_CHUNKS);
    if (!isWhole) return;
    if (!isOver) {
      answered += 1;
      latenciesMs.push(performance.now() - sentMs);
      if (pending[0]?.toString('latin1', 9, 12) !== '200') failed += 1;
    }
    if (isOver) socket.destroy();
    else ask();
  });
}

/** Bytes of the whole answer; 0 while its head is not complete, -1 when it is chunked. */
function wholeLength(bytes: Buffer): number {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const declared = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1];
  return declared === undefined ? -1 : head + 4 + Number(declared);
}

const durationMs = Math.min(Number(seconds), LONGEST_SECONDS) * 1000;
for (let index = 0; index < Number(connections); index += 1) drive();
setTimeout(() => {
  isOver = true;
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0;
  const result: LoadResult = {
    answered,
    failed,
    perSecond: (answered / durationMs) * 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}, durationMs);
