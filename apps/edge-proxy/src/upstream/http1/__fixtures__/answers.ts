// Answers as providers and the proxies before them write them; all of our own making.

const chunked = (...parts: string[]): string =>
  parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`).join('');

const EVENTS = ['Hello', ' from', ' here: ü€'].map(
  (text) => `data: {"choices":[{"delta":{"content":${JSON.stringify(text)}}}]}\n\n`,
);

/** Name, bytes on the wire, and whether the body ends with the connection. */
export interface RecordedAnswer {
  readonly name: string;
  readonly bytes: Buffer;
  readonly endsWithClose?: boolean;
  readonly status: number;
  readonly body: string;
}

const JSON_BODY = '{"id":"chatcmpl-1","object":"chat.completion","usage":{"total_tokens":12}}';
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

export const ANSWERS: readonly RecordedAnswer[] = [
  {
    name: 'a document with a length',
    bytes: Buffer.from(
      'HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${JSON_BODY.length}\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nVia: one\r\nVIA: two\r\n` +
        `X-Empty:\r\nX-Blanks: \t padded \t\r\nCF-Ray: 8a1b2c3d-FRA\r\n\r\n${JSON_BODY}`,
    ),
    status: 200,
    body: JSON_BODY,
  },
  {
    name: 'a stream of chunks',
    bytes: Buffer.from(
      'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n' +
        `${chunked(...EVENTS, 'data: [DONE]\n\n')}0\r\n\r\n`,
    ),
    status: 200,
    body: latin1(`${EVENTS.join('')}data: [DONE]\n\n`),
  },
  {
    name: 'chunks with extensions, leading zeros, capital digits and trailers',
    bytes: Buffer.from(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n' +
        `00a;name=value;q="a b"\r\n0123456789\r\n1B\r\n${'x'.repeat(27)}\r\n000;last\r\nX-Checksum: abc\r\nX-More: 1\r\n\r\n`,
    ),
    status: 200,
    body: `0123456789${'x'.repeat(27)}`,
  },
  {
    name: 'informational answers before the final one',
    bytes: Buffer.from(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
    ),
    status: 201,
    body: 'ok',
  },
  {
    name: 'an error without a reason phrase',
    bytes: Buffer.from('HTTP/1.1 429\r\nretry-after: 7\r\ncontent-length: 4\r\ncontent-length: 4\r\n\r\nslow'),
    status: 429,
    body: 'slow',
  },
  {
    name: 'an empty document',
    bytes: Buffer.from('HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n'),
    status: 500,
    body: '',
  },
  {
    name: 'no content, with framing that does not count',
    bytes: Buffer.from('HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'),
    status: 204,
    body: '',
  },
  {
    name: 'not modified, with the length of what is not sent',
    bytes: Buffer.from('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'),
    status: 304,
    body: '',
  },
  {
    name: 'a body that ends with the connection',
    bytes: Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end\r\n\r\n'),
    endsWithClose: true,
    status: 200,
    body: 'until the end\r\n\r\n',
  },
  {
    name: 'HTTP/1.0 with a length',
    bytes: Buffer.from('HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold'),
    status: 200,
    body: 'old',
  },
  {
    name: 'HTTP/1.0 until the end',
    bytes: Buffer.from('HTTP/1.0 502 Bad Gateway\r\n\r\n<html>'),
    endsWithClose: true,
    status: 502,
    body: '<html>',
  },
  {
    name: 'a header named like a property of every object',
    bytes: Buffer.from('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 1\r\n\r\n!'),
    status: 200,
    body: '!',
  },
];
