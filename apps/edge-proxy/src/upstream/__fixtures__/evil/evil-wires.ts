// Hostile HTTP: heads, framings, encodings, and connections that break or stall.
import { gzipSync } from 'node:zlib';
import { drip, type EvilKind, flood, inPieces, send, sendAndEnd } from './evil-case.js';
import {
  chunked,
  CHUNKED,
  head,
  honestAnswer,
  honestBody,
  honestEvents,
  honestStart,
  LAST_CHUNK,
  typeOf,
  withLength,
} from './honest-answers.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const GZIP_BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024));
const FILLER = Buffer.alloc(64 * 1024, 'a');

/** All of these must fail. */
export const EVIL_WIRES: Readonly<Record<string, EvilKind>> = {
  'headers without end': (_ask, dice) => ({
    outcome: 'failure',
    play: flood(OK, `x-${'n'.repeat(dice.whole(50))}: ${'v'.repeat(dice.whole(5_000))}\r\n`),
  }),
  'one endless header': () => ({ outcome: 'failure', play: flood(`${OK}x-long: `, FILLER) }),
  'thousands of headers': (ask, dice) => ({
    outcome: 'failure',
    play: sendAndEnd(OK, 'a:b\r\n'.repeat(257 + dice.whole(10_000)), '\r\n', honestBody(ask)),
  }),
  'a flood of 1xx': (_ask, dice) => ({
    outcome: 'failure',
    play: flood(
      `HTTP/1.1 ${dice.pick(['100 Continue', '102 Processing', '103 Early Hints'])}\r\n\r\n`,
      'HTTP/1.1 103 E\r\nlink: </x>\r\n\r\n',
    ),
  }),
  'a drip of 1xx': (_ask, dice) => ({
    outcome: 'failure',
    play: drip('', 'HTTP/1.1 102 Processing\r\n\r\n', 10 + dice.whole(60)),
  }),
  'another protocol': (ask, dice) => ({
    outcome: 'failure',
    play: send(
      dice.pick<string | Buffer>([
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        '220 mail ESMTP\r\n',
        'SSH-2.0-OpenSSH_9.9\r\n',
        'HTTP/2 200\r\n\r\n',
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
        'ICY 200 OK\r\n\r\n',
        Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x50]),
        `\r\n\r\n${OK}\r\n`,
        Buffer.concat([dice.bytes(1 + dice.whole(2_000)), honestAnswer(ask)]),
      ]),
    ),
  }),
  'two readers, two lengths': (ask, dice) => {
    const body = honestBody(ask);
    const lines = dice.pick([
      `content-length: ${body.length}\r\n${CHUNKED}`,
      `content-length: ${body.length}\r\ncontent-length: ${body.length + 1}\r\n`,
      `content-length: ${body.length}, ${body.length + 1}\r\n`,
      `content-length: -${body.length}\r\n`,
      `content-length: +${body.length}\r\n`,
      `content-length: 0x${body.length.toString(16)}\r\n`,
      `content-length: 99999999999999999999\r\n`,
      'transfer-encoding: gzip, chunked\r\n',
      'transfer-encoding: identity\r\n',
      'transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n',
      `content-length : ${body.length}\r\n`,
      `x: y\r\n content-length: ${body.length}\r\n`,
      `x: y\ncontent-length: ${body.length}\r\n`,
      `x: \0\r\ncontent-length: ${body.length}\r\n`,
      `no colon\r\ncontent-length: ${body.length}\r\n`,
    ]);
    return { outcome: 'failure', play: send(head(ask, lines), body) };
  },
  'an encoding that was not asked for': (ask, dice) => {
    const coding = dice.pick([
      'gzip',
      'br',
      'deflate',
      'zstd',
      'gzip, gzip',
      'identity, gzip',
      'gzip, gzip, gzip, gzip',
      'x',
    ]);
    const lines = `content-encoding: ${coding}\r\n`;
    const bomb = `${lines}content-length: ${GZIP_BOMB.length}\r\n`;
    return {
      outcome: 'failure',
      play: dice.pick([send(head(ask, bomb), GZIP_BOMB), flood(head(ask, lines), GZIP_BOMB)]),
    };
  },
  'chunks that lie': (ask, dice) => {
    const start = head(ask, CHUNKED);
    const said = chunked(ask.stream ? honestStart(ask) : honestBody(ask).subarray(0, 20));
    const lie = dice.pick([
      'zz\r\n',
      '-5\r\nhello\r\n',
      '\r\n',
      `${'0'.repeat(200)}5\r\n`,
      '5\r\nhello!!\r\n',
      '5\nhello\r\n',
      'fffffffffffffffff\r\n',
    ]);
    return { outcome: 'failure', play: send(start, said, lie) };
  },
  'chunk extensions without end': (ask) => ({
    outcome: 'failure',
    play: flood(head(ask, CHUNKED), `1;${'e'.repeat(3_000)}\r\n \r\n`),
  }),
  'trailers without end': (ask) => {
    const said = ask.stream ? honestStart(ask) : honestBody(ask);
    const start = Buffer.concat([Buffer.from(head(ask, CHUNKED)), chunked(said), Buffer.from('0\r\n')]);
    return { outcome: 'failure', play: flood(start, 'x-trailer: y\r\n') };
  },
  'a chunk of petabytes': (ask, dice) => ({
    outcome: 'failure',
    play: dice.pick([
      flood(`${head(ask, CHUNKED)}fffffffffffff\r\n`, ask.stream ? 'x'.repeat(65_536) : FILLER),
      send(`${head(ask, CHUNKED)}fffffffffffff\r\n`),
    ]),
  }),
  'a body larger than any answer': (ask) =>
    ask.stream
      ? { outcome: 'failure', play: flood(head(ask), Buffer.alloc(65_536, 'x')) }
      : { outcome: 'failure', play: flood(head(ask), FILLER) },
  'a cut': (ask, dice) => {
    const bytes = honestAnswer(ask);
    // A stream may lose what follows its terminal event.
    const end = ask.stream ? bytes.length - LAST_CHUNK.length - 80 : bytes.length - 1;
    return { outcome: 'failure', play: sendAndEnd(bytes.subarray(0, dice.whole(end))) };
  },
  'a reset': (ask, dice) => {
    const bytes = honestAnswer(ask).subarray(0, dice.whole(300));
    return {
      outcome: 'failure',
      play: (socket) => {
        if (bytes.length === 0) return void socket.resetAndDestroy();
        socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()));
      },
    };
  },
  silence: (ask, dice) => ({
    outcome: 'failure',
    play: send(
      dice.pick<string | Buffer>([
        '',
        'HTTP/1.1 20',
        head(ask),
        Buffer.concat([Buffer.from(head(ask)), honestStart(ask)]),
      ]),
    ),
  }),
  'a body that drips for ever': (ask, dice) => ({
    outcome: 'failure',
    play: drip(
      ask.stream ? Buffer.concat([Buffer.from(head(ask)), honestStart(ask)]) : head(ask),
      dice.pick([' ', ask.stream ? ': still here\n\n' : '\n']),
      10 + dice.whole(60),
    ),
  }),
  'headers that drip for ever': (_ask, dice) => ({
    outcome: 'failure',
    play: drip(`${OK}x-slow: `, 'a', 10 + dice.whole(60)),
  }),
  'a type that lies': (ask) => ({
    // A document is read as one, whatever it is called.
    outcome: ask.stream ? 'failure' : 'any',
    play: sendAndEnd(withLength({ stream: !ask.stream }, honestBody(ask))),
  }),
  'an error that is none of HTTP’s': (ask, dice) => ({
    outcome: 'failure',
    play: sendAndEnd(
      `HTTP/1.1 ${dice.pick(['500 Oops', '502', '503 x', '529 y', '599 z', '600 a', '999 b', '302 Found', '204 No Content', '205 Reset'])}\r\n`,
      `content-type: ${typeOf(ask)}\r\nlocation: http://127.0.0.1:9/\r\nconnection: close\r\n\r\n`,
    ),
  }),
};

/** What comes of these is the bytes' to say. */
export const ODD_WIRES: Readonly<Record<string, EvilKind>> = {
  'small packets': (ask, dice) => ({ outcome: 'any', play: inPieces(honestAnswer(ask), 1 + dice.whole(7)) }),
  'bytes after the end': (ask, dice) => ({
    outcome: 'any',
    play: send(honestAnswer(ask), dice.pick<string | Buffer>([honestAnswer(ask), dice.bytes(50), '\r\n'])),
  }),
  'changed bytes': (ask, dice) => {
    const bytes = Buffer.from(honestAnswer(ask));
    for (let changes = 1 + dice.whole(4); changes > 0; changes -= 1)
      bytes[dice.whole(bytes.length)] = dice.whole(256);
    return { outcome: 'any', play: inPieces(bytes, 1 + dice.whole(2_000)) };
  },
  'bytes left out, or twice': (ask, dice) => {
    const bytes = honestAnswer(ask);
    const [from, to] = [dice.whole(bytes.length), dice.whole(bytes.length)];
    return {
      outcome: 'any',
      play: sendAndEnd(bytes.subarray(0, from), bytes.subarray(Math.min(from, to)), bytes.subarray(to)),
    };
  },
  'events out of turn': (ask, dice) => {
    const events = [...honestEvents(ask), ...honestEvents(ask)].filter(() => dice.next() < 0.7);
    events.sort(() => dice.next() - 0.5);
    return { outcome: 'any', play: sendAndEnd(head(ask), Buffer.from(events.join(''))) };
  },
  'a refusal with a hostile body': (_ask, dice) => {
    const body = dice.pick<string | Buffer>([
      Buffer.from('7b226572726f72223a7b226d657373616765223a22ff22', 'hex'),
      Buffer.from('{"error":{"message":"\xff\xfe","type":"x"}}', 'latin1'),
      Buffer.from('{"type":"error","error":{"message":"\xc3","type":"x"}}', 'latin1'),
      '<html>',
      '',
      '['.repeat(100_000),
      `{"error":{"message":"${'x'.repeat(200_000)}"}}`,
      '{"error":{"message":{"a":1},"type":[],"code":{}}}',
      '{"type":"error","error":{"type":"\\u0000","message":"\\r\\n\\r\\n"}}',
      'null',
      dice.bytes(500),
    ]);
    // No 429: a credential that cools down would keep the cases after it from their provider.
    const status = dice.pick([
      '400 Bad',
      '401 No',
      '403 No',
      '404 What',
      '413 Big',
      '422 Hm',
      '500 Oh',
    ]);
    return { outcome: 'any', play: sendAndEnd(withLength({ stream: false }, body, status)) };
  },
  'an error body without end': (ask, dice) => ({
    outcome: 'any',
    play: flood(
      `HTTP/1.1 ${dice.pick(['400 Bad', '500 Oh'])}\r\ncontent-type: ${typeOf(ask)}\r\n\r\n`,
      FILLER,
    ),
  }),
};
