// Clients that hold connections by sending next to nothing; each that is closed is opened anew. Run by `startScript`.
import { connect } from 'node:net';

/** Its options. */
export interface SlowClientsOptions {
  readonly port: number;
  /** Where they come from, e.g. 127.0.0.2. */
  readonly localAddress: string;
  readonly count: number;
  /** Headers that never end, a body that never ends, an answer that is never read. */
  readonly kinds: readonly ('headers' | 'body' | 'read')[];
  readonly key: string;
}

const { port, localAddress, count, kinds, key } = JSON.parse(process.argv[2] ?? '{}') as SlowClientsOptions;
const START = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n`;
const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] });
const DRIP_MS = 1_000;
const REOPEN_MS = 200;
let opened = 0;

function attack(kind: SlowClientsOptions['kinds'][number]): void {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  let drip: NodeJS.Timeout | undefined;
  socket.on('error', () => undefined);
  socket.once('connect', () => {
    opened += 1;
    if (opened === count) process.stdout.write('{"ready":true}\n');
    if (kind === 'read') {
      socket.pause();
      socket.write(`${START}content-length: ${BODY.length}\r\n\r\n${BODY}`);
    } else {
      socket.write(kind === 'body' ? `${START}content-length: 100000\r\n\r\n` : START);
      drip = setInterval(() => socket.write(kind === 'body' ? ' ' : 'x'), DRIP_MS);
    }
  });
  socket.once('close', () => {
    clearInterval(drip);
    setTimeout(() => attack(kind), REOPEN_MS);
  });
}

for (let index = 0; index < count; index += 1) {
  const kind = kinds[index % kinds.length] ?? 'headers';
  // Not all in one millisecond: the kernel's queue of new connections is shorter than that.
  setTimeout(() => attack(kind), index);
}
process.stdin.resume().on('end', () => process.exit(0));
