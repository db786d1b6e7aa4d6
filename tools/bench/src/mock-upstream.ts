// A provider that costs next to nothing: raw sockets, answers made once. Run as a process of its own:
//   node dist/mock-upstream.js PORT
import { createServer, type Socket } from 'node:net';
import { type Dialect, makeAnswer, makeStreamEvents, PATHS } from './fixtures.js';

const EVENTS_PER_STREAM = 100;

function makePlain(dialect: Dialect): Buffer {
  const answer = makeAnswer(dialect);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`,
  );
}

const makeChunks = (dialect: Dialect): string[] =>
  makeStreamEvents(dialect, EVENTS_PER_STREAM).map(
    (event) => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`,
  );

const PLAIN: Readonly<Record<Dialect, Buffer>> = {
  chat: makePlain('chat'),
  messages: makePlain('messages'),
};
const STREAM_CHUNKS: Readonly<Record<Dialect, string[]>> = {
  chat: makeChunks('chat'),
  messages: makeChunks('messages'),
};
const MESSAGES_LINE = Buffer.from(`POST ${PATHS.messages} `);
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

createServer({ noDelay: true }, (socket) => {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
    for (let end = endOfRequest(pending); end > 0; end = endOfRequest(pending)) {
      const isStream = pending.subarray(0, end).includes('"stream":true');
      const isMessages = pending.subarray(0, MESSAGES_LINE.length).equals(MESSAGES_LINE);
      const dialect = isMessages ? 'messages' : 'chat';
      pending = pending.subarray(end);
      if (isStream) writeStream(socket, STREAM_CHUNKS[dialect]);
      else socket.write(PLAIN[dialect]);
    }
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'));

/** One write an event, as providers do. */
function writeStream(socket: Socket, chunks: readonly string[]): void {
  socket.write(STREAM_HEAD);
  for (const chunk of chunks) socket.write(chunk);
  socket.write('0\r\n\r\n');
}

/** Offset after the first whole request, 0 when there is none. Our own clients send a content length. */
function endOfRequest(bytes: Buffer): number {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1] ?? '0';
  const end = head + 4 + Number(length);
  return end <= bytes.length ? end : 0;
}
