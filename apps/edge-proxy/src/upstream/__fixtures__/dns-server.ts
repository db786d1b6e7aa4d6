// A name server on loopback that answers as a test says, also differently each time.
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import type { Resolve } from '../http1/checked-lookup.js';

/** What a name has: addresses of both families. Empty = the name does not exist; null = no answer at all. */
export type Zone = (name: string) => readonly string[] | null;

export interface DnsServer extends AsyncDisposable {
  /** Names that were asked for, once for each question: both families make two. */
  readonly questions: readonly string[];
  /** Resolves with this server as the system's resolver would with it. */
  readonly resolve: Resolve;
}

const [TYPE_A, TYPE_AAAA] = [1, 28];

export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query);
    questions.push(name);
    const addresses = zone(name);
    if (addresses === null) return;
    const wanted = addresses.filter((each) =>
      type === TYPE_A ? isIPv4(each) : type === TYPE_AAAA && !isIPv4(each),
    );
    socket.send(
      toReply(query, { end, type, addresses: wanted, exists: addresses.length > 0 }),
      port,
      address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    questions,
    resolve: (hostname, _options, callback) => {
      void Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]).then(
        ([four, six]) => {
          const found = [
            ...(four.status === 'fulfilled' ? four.value : []).map((address) => ({ address, family: 4 })),
            ...(six.status === 'fulfilled' ? six.value : []).map((address) => ({ address, family: 6 })),
          ];
          if (found.length > 0) callback(null, found);
          else callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), []);
        },
      );
    },
    async [Symbol.asyncDispose]() {
      resolver.cancel();
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Offset after it. */
  readonly end: number;
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

interface Records {
  readonly end: number;
  readonly type: number;
  readonly addresses: readonly string[];
  readonly exists: boolean;
}

function toReply(query: Buffer, { end, type, addresses, exists }: Records): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  // An answer, recursion available; 3 = the name does not exist.
  head.writeUInt16BE(exists ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const data = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0); // the name of the question
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(0, 6); // to be forgotten at once
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, ...records]);
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser writes it in its shortest form, an embedded IPv4 address in hex.
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [front = '', back] = short.split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [words(front), words(back ?? '')];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((word, index) => bytes.writeUInt16BE(parseInt(word, 16), index * 2));
  return bytes;
}
