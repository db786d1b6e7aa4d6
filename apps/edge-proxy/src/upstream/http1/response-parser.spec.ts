import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANSWERS } from './__fixtures__/answers.js';
import { cutAt, parseAll } from './__fixtures__/parse-all.js';
import { MAX_FIELDS } from './response-head.js';
import { MAX_HEAD_BYTES, ResponseParser } from './response-parser.js';

const parse = (text: string, isClosed = false) => parseAll([Buffer.from(text, 'latin1')], isClosed);

describe('ResponseParser, what it reads', () => {
  it.each(ANSWERS)('$name: status, body and end', ({ bytes, endsWithClose, status, body }) => {
    expect(parseAll([bytes], endsWithClose)).toMatchObject({ status, body, end: 'complete' });
  });

  it.each(ANSWERS)('$name: the same, cut at every byte', ({ bytes, endsWithClose }) => {
    const whole = parseAll([bytes], endsWithClose);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(parseAll(cutAt(bytes, [at]), endsWithClose), `cut at ${at}`).toEqual(whole);
    }
    expect(
      parseAll(
        [...bytes].map((byte) => Buffer.of(byte)),
        endsWithClose,
      ),
    ).toEqual(whole);
  });

  it.each(ANSWERS)('$name: no prefix of it is a complete answer', ({ bytes, endsWithClose, body }) => {
    const lastByte = endsWithClose === true ? bytes.length - body.length : bytes.length;
    for (let end = 0; end < lastByte; end += 1) {
      expect(parseAll([bytes.subarray(0, end)], true).end, `the first ${end} bytes`).toBe('open');
    }
  });

  it('answers cut in any way, alone or after another, give the same result', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ANSWERS),
        fc.constantFrom('', 'x', 'HTTP/1.1 200 OK\r\n\r\n'),
        fc.array(fc.nat()),
        ({ bytes, endsWithClose }, excess, seeds) => {
          const all = Buffer.concat([bytes, Buffer.from(excess)]);
          const cuts = seeds.map((seed) => seed % (all.length + 1));
          expect(parseAll(cutAt(all, cuts), endsWithClose)).toEqual(parseAll([all], endsWithClose));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('any bytes, cut in any way, are read alike and never throw anything but a violation', () => {
    const piece = fc.constantFrom(
      ...[
        'HTTP/1.1 200 OK',
        'HTTP/1.0 500',
        '\r\n',
        '\r',
        '\n',
        ':',
        ' ',
        'content-length: 5',
        'a',
        '\0',
        ';',
      ],
      ...[
        'transfer-encoding: chunked',
        '5',
        '0',
        'ff',
        '\r\n\r\n',
        'HTTP/1.1 100\r\n\r\n',
        'connection: close',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat()), (pieces, seeds) => {
        const all = Buffer.from(pieces.join(''), 'latin1');
        const cuts = seeds.map((seed) => seed % (all.length + 1));
        expect(parseAll(cutAt(all, cuts), true)).toEqual(parseAll([all], true));
      }),
      { numRuns: 2000 },
    );
  });

  it('any body in chunks of any sizes comes out whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })),
        fc.array(fc.nat()),
        (chunks, seeds) => {
          const coded = chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            Buffer.from(chunk),
            Buffer.from('\r\n'),
          ]);
          const head = Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
          const all = Buffer.concat([head, ...coded, Buffer.from('0\r\n\r\n')]);
          const cuts = seeds.map((seed) => seed % (all.length + 1));
          const { body, end } = parseAll(cutAt(all, cuts));
          expect({ body, end }).toEqual({ body: Buffer.concat(chunks).toString('latin1'), end: 'complete' });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('header names are lower-case, duplicates joined, cookies a list', () => {
    const { headers } = parseAll([ANSWERS[0]!.bytes]);
    expect(headers).toEqual({
      date: 'Sun, 22 Nov 2026 10:00:00 GMT',
      'content-type': 'application/json',
      'content-length': '74',
      'set-cookie': ['a=1; Path=/', 'b=2'],
      via: 'one, two',
      'x-empty': '',
      'x-blanks': 'padded',
      'cf-ray': '8a1b2c3d-FRA',
    });
  });

  it('a read of many chunks is handed on as one piece', () => {
    const { bytes, body } = ANSWERS[1]!;
    const pieces: string[] = [];
    const parser = new ResponseParser({
      onHead: () => undefined,
      onBody: (chunk) => pieces.push(chunk.toString('latin1')),
      onComplete: () => undefined,
    });
    parser.push(Buffer.from(bytes));
    expect(pieces).toEqual([body]);
  });
});

describe('ResponseParser, what it refuses', () => {
  const OK = 'HTTP/1.1 200 OK\r\n';
  const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
  const HOSTILE: readonly (readonly [string, string])[] = [
    [
      'a transfer coding together with a length',
      `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ['the same the other way round', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    [
      'both on a status without a body',
      'HTTP/1.1 204 No\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['two different lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ['a list of lengths', `${OK}Content-Length: 5, 5\r\n\r\nhello`],
    ['a length with a sign', `${OK}Content-Length: +5\r\n\r\nhello`],
    ['a negative length', `${OK}Content-Length: -5\r\n\r\nhello`],
    ['a hexadecimal length', `${OK}Content-Length: 0x5\r\n\r\nhello`],
    ['an empty length', `${OK}Content-Length:\r\n\r\nhello`],
    ['a length with a blank inside', `${OK}Content-Length: 1 0\r\n\r\nhellohello`],
    ['a length with a fraction', `${OK}Content-Length: 5.0\r\n\r\nhello`],
    ['a length above 2^53', `${OK}Content-Length: 99999999999999999999\r\n\r\nhello`],
    ['a gzip transfer coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunked hidden by a tab', `${OK}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ['an identity transfer coding', `${OK}Transfer-Encoding: identity\r\n\r\nhello`],
    ['an empty transfer coding', `${OK}Transfer-Encoding:\r\n\r\nhello`],
    ['a transfer coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', `${OK}X-A: 1\r\n Content-Length: 5\r\n\r\nhello`],
    ['a header folded with a tab', `${OK}X-A: 1\r\n\tmore\r\n\r\n`],
    ['a blank before the colon', `${OK}Content-Length : 5\r\n\r\nhello`],
    ['a header without a name', `${OK}: 5\r\n\r\n`],
    ['a header without a colon', `${OK}Content-Length\r\n\r\n`],
    ['a colon on the next line only', `${OK}X-A\r\nX-B: 1\r\n\r\n`],
    ['a header name with a blank', `${OK}X A: 5\r\n\r\n`],
    ['a header name beyond ASCII', `${OK}X-\xe4: 5\r\n\r\n`],
    ['a NUL in a value', `${OK}X-A: a\0b\r\n\r\n`],
    ['a NUL in a name', `${OK}X\0A: ab\r\n\r\n`],
    ['a control character in a value', `${OK}X-A: a\x1bb\r\n\r\n`],
    ['a DEL in a value', `${OK}X-A: a\x7fb\r\n\r\n`],
    ['a bare CR in a value', `${OK}X-A: a\rContent-Length: 5\r\n\r\nhello`],
    ['a bare CR before the end of the headers', `${OK}X-A: a\r\r\n\r\n`],
    ['a bare LF in a value', `${OK}X-A: a\nContent-Length: 5\r\n\r\nhello`],
    ['headers that end in bare LF', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'],
    ['a bare LF after the status line', 'HTTP/1.1 200 OK\nX-A: 1\r\n\r\n'],
    ['an empty line in front', `\r\n${OK}Content-Length: 0\r\n\r\n`],
    ['HTTP/2 in text', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['lower-case http', 'http/1.1 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status that begins with 0', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['two blanks before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['a change of the protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n'],
    ['a flood of informational answers', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(17)],
    ['a chunk size with a sign', `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n`],
    ['a negative chunk size', `${CHUNKED}-5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size with 0x', `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size with an underscore', `${CHUNKED}1_0\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size after a blank', `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size before a blank', `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`],
    ['an empty chunk size', `${CHUNKED}\r\nhello\r\n0\r\n\r\n`],
    ['an extension without a size', `${CHUNKED};a\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size that overflows 2^64', `${CHUNKED}10000000000000005\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size of endless zeros', `${CHUNKED}${'0'.repeat(100)}5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk size line that ends in LF', `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
    ['a chunk size line that ends in CR', `${CHUNKED}5\rhello\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${CHUNKED}5\r\nhello!\r\n0\r\n\r\n`],
    ['a chunk that ends in LF', `${CHUNKED}5\r\nhello\n0\r\n\r\n`],
    ['a chunk that ends in CR', `${CHUNKED}5\r\nhello\r0\r\n\r\n`],
    ['a bare LF in an extension', `${CHUNKED}5;a\nb\r\nhello\r\n0\r\n\r\n`],
    ['a bare CR in an extension', `${CHUNKED}5;a\rb\r\nhello\r\n0\r\n\r\n`],
    ['a NUL in an extension', `${CHUNKED}5;\0\r\nhello\r\n0\r\n\r\n`],
    ['a huge extension', `${CHUNKED}5;${'a'.repeat(5000)}\r\nhello\r\n0\r\n\r\n`],
    ['a bare LF in a trailer', `${CHUNKED}0\r\nX: 1\nY: 2\r\n\r\n`],
    ['a bare LF that ends the trailers', `${CHUNKED}0\r\n\n`],
    ['huge trailers', `${CHUNKED}0\r\n${`X: ${'a'.repeat(1000)}\r\n`.repeat(17)}\r\n`],
  ];

  it.each(HOSTILE)('%s', (_title, text) => {
    const bytes = Buffer.from(text, 'latin1');
    const whole = parseAll([bytes], true);
    expect(whole.end).toBe('violation');
    expect(
      parseAll(
        [...bytes].map((byte) => Buffer.of(byte)),
        true,
      ),
    ).toEqual(whole);
    // What went before the violation is the same however the reads were cut.
    const step = Math.max(1, Math.floor(bytes.length / 500));
    for (let at = 1; at < bytes.length; at += step) expect(parseAll(cutAt(bytes, [at]), true)).toEqual(whole);
  });

  it('headers up to the limit are taken, one byte more is not', () => {
    const frame = `${OK}content-length: 0\r\nx: \r\n\r\n`;
    const headOf = (size: number): string =>
      `${OK}content-length: 0\r\nx: ${'a'.repeat(size - frame.length)}\r\n\r\n`;
    for (const cut of [10, 5_000, MAX_HEAD_BYTES - 1]) {
      const largest = Buffer.from(headOf(MAX_HEAD_BYTES));
      expect(parseAll(cutAt(largest, [cut])).end).toBe('complete');
      const larger = Buffer.from(headOf(MAX_HEAD_BYTES + 1));
      expect(parseAll(cutAt(larger, [cut])).end).toBe('violation');
    }
    expect(parse(headOf(MAX_HEAD_BYTES)).end).toBe('complete');
    expect(parse(headOf(MAX_HEAD_BYTES + 1)).end).toBe('violation');
  });

  it('as many headers as are allowed are taken, one more is not', () => {
    const headOf = (fields: number): string =>
      `${OK}content-length: 0\r\n${'a: b\r\n'.repeat(fields - 1)}\r\n`;
    expect(parse(headOf(MAX_FIELDS)).end).toBe('complete');
    expect(parse(headOf(MAX_FIELDS + 1)).end).toBe('violation');
  });

  it('chunk extensions may sign a body, but not outweigh it', () => {
    const chunk = (bytes: number, extension: number): string =>
      `${bytes.toString(16)};${'e'.repeat(extension)}\r\n${'x'.repeat(bytes)}\r\n`;
    const honest = `${CHUNKED}${chunk(1_000, 90).repeat(2_000)}0\r\n\r\n`;
    expect(parse(honest)).toMatchObject({ end: 'complete', body: 'x'.repeat(2_000_000) });
    const tiny = `${CHUNKED}${chunk(1, 90).repeat(700)}0\r\n\r\n`;
    expect(parse(tiny).end).toBe('complete');
    expect(parse(`${CHUNKED}${chunk(1, 90).repeat(800)}`).end).toBe('violation');
    expect(parse(`${CHUNKED}${chunk(1, 4_000).repeat(20)}`).end).toBe('violation');
  });

  it('headers without an end are given up at the limit', () => {
    const endless = Array.from({ length: 100 }, () => Buffer.from('x-a: '.padEnd(998, 'a') + '\r\n'));
    expect(parseAll([Buffer.from(OK), ...endless]).end).toBe('violation');
  });

  it('bytes after the end are told, and change nothing of the answer', () => {
    for (const { bytes, body, endsWithClose } of ANSWERS) {
      if (endsWithClose === true) continue;
      const parsed = parseAll([Buffer.concat([bytes, Buffer.from('HTTP/1.1 200 OK\r\n\r\n')])]);
      expect(parsed).toMatchObject({ body, end: 'complete, then excess' });
    }
  });
});
