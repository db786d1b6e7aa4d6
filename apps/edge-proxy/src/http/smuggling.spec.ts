// Bytes that two servers in a row could read as different requests: each is one 400 and the end of its connection, and
// nothing behind it is ever taken for a request.
import { waitFor } from '@sluice/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edgeOfAllTests } from '../__fixtures__/edge-hooks.js';
import { CHAT, chatBody, errorOf, rawClient } from '../__fixtures__/http-client.js';
import { KEY } from '../__fixtures__/test-generation.js';
import { verifyLoad } from '../overload/verify-load.config.js';

const { provider, edge } = edgeOfAllTests({ sections: { server: { maxRequestBodyMb: 1 } } });

const BODY = JSON.stringify(chatBody());
const LENGTH = `content-length: ${BODY.length}`;
const CHUNKED = 'transfer-encoding: chunked';
const auth = `authorization: Bearer ${KEY}`;
const head = (...lines: string[]): string =>
  [`POST ${CHAT} HTTP/1.1`, 'host: x', auth, ...lines, '', ''].join('\r\n');
const chunks = (...parts: string[]): string => head(CHUNKED) + parts.join('');
const SIZE = BODY.length.toString(16);
/** What an attacker hopes that the edge takes for a request of its own. */
const HIDDEN = head(LENGTH).replace(CHAT, '/v1/embeddings') + BODY;

/** Sends bytes; resolves with all that came when the server has closed. */
async function send(bytes: string): Promise<string> {
  const client = await rawClient(edge.port);
  client.socket.write(bytes, 'latin1');
  await client.ended;
  client.socket.destroy();
  return client.text();
}

const cases: readonly (readonly [string, string])[] = [
  ['a length and chunks', head(LENGTH, CHUNKED) + BODY],
  ['chunks and a length', head(CHUNKED, LENGTH) + `${SIZE}\r\n${BODY}\r\n0\r\n\r\n`],
  ['chunks and a length of zero', head(CHUNKED, 'content-length: 0') + '0\r\n\r\n'],
  ['the same length twice', head(LENGTH, LENGTH) + BODY],
  ['two lengths', head(LENGTH, 'content-length: 3') + BODY],
  ['a list of lengths', head(`${LENGTH}, ${BODY.length}`) + BODY],
  ['a length with a sign', head(`content-length: +${BODY.length}`) + BODY],
  ['a negative length', head('content-length: -1') + BODY],
  ['a hexadecimal length', head('content-length: 0x10') + BODY],
  ['a length with a blank in it', head('content-length: 1 0') + BODY],
  ['an empty length', head('content-length: ') + BODY],
  ['a length beyond 64 bits', head('content-length: 18446744073709551617') + BODY],
  ['a length behind a control character', head(`content-length: \x0b${BODY.length}`) + BODY],
  ['a folded header', head('x-a: b\r\n c', LENGTH) + BODY],
  ['a header folded by a tab', head('x-a: b\r\n\tc', LENGTH) + BODY],
  ['a folded transfer-encoding', head('transfer-encoding:\r\n chunked') + '0\r\n\r\n'],
  ['a folded first header', `POST ${CHAT} HTTP/1.1\r\n host: x\r\n\r\n`],
  ['a bare LF behind a header', head(`x-a: b\n${LENGTH}`) + BODY],
  ['a bare LF behind the request line', head(LENGTH).replace('HTTP/1.1\r\n', 'HTTP/1.1\n') + BODY],
  ['bare LFs only', head(LENGTH).replaceAll('\r\n', '\n') + BODY],
  ['a bare LF before the body', head(LENGTH).replace(/\r\n\r\n$/, '\r\n\n') + BODY],
  ['a bare CR in a header', head('x-a: b\rc', LENGTH) + BODY],
  ['a CR too many', head('x-a: b\r', LENGTH) + BODY],
  ['a NUL in a header', head('x-a: b\0c', LENGTH) + BODY],
  ['a blank before a colon', head(`content-length : ${BODY.length}`) + BODY],
  ['a blank before the colon of transfer-encoding', head('transfer-encoding : chunked') + '0\r\n\r\n'],
  ['chunked twice', head(CHUNKED, CHUNKED) + '0\r\n\r\n'],
  ['chunked, chunked', head('transfer-encoding: chunked, chunked') + '0\r\n\r\n'],
  ['identity, then chunked', head('transfer-encoding: identity', CHUNKED) + '0\r\n\r\n'],
  ['identity, chunked', head('transfer-encoding: identity, chunked') + '0\r\n\r\n'],
  ['gzip, chunked', head('transfer-encoding: gzip, chunked') + '0\r\n\r\n'],
  ['chunked, identity', head('transfer-encoding: chunked, identity') + '0\r\n\r\n'],
  ['identity', head('transfer-encoding: identity', LENGTH) + BODY],
  ['xchunked', head('transfer-encoding: xchunked') + '0\r\n\r\n'],
  ['"chunked"', head('transfer-encoding: "chunked"') + '0\r\n\r\n'],
  ['chunked with a parameter', head('transfer-encoding: chunked;q=1') + '0\r\n\r\n'],
  ['an empty transfer-encoding', head('transfer-encoding: ') + '0\r\n\r\n'],
  ['an empty transfer-encoding and a length', head('transfer-encoding: ', LENGTH) + BODY],
  ['chunks in HTTP/1.0', head(CHUNKED).replace('HTTP/1.1', 'HTTP/1.0') + '0\r\n\r\n'],
  ['a chunk size of 0x', chunks(`0x${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a negative chunk', chunks(`-${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a blank behind a chunk size', chunks(`${SIZE} \r\n${BODY}\r\n0\r\n\r\n`)],
  ['a blank before a chunk size', chunks(` ${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size beyond 64 bits', chunks(`100000000000000${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a bare LF behind a chunk size', chunks(`${SIZE}\n${BODY}\r\n0\r\n\r\n`)],
  ['a bare LF behind a chunk', chunks(`${SIZE}\r\n${BODY}\n0\r\n\r\n`)],
  ['a chunk without an end', chunks(`${SIZE}\r\n${BODY}0\r\n\r\n`)],
  ['a chunk longer than it says', chunks(`${SIZE}\r\n${BODY}xx0\r\n\r\n`)],
  ['a bare LF in a chunk extension', chunks(`${SIZE};a\nb\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a bare CR in a chunk extension', chunks(`${SIZE};a\rb\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a length in a trailer', chunks(`${SIZE}\r\n${BODY}\r\n0\r\ncontent-length: 5\r\n\r\n`)],
  ['chunks in a trailer', chunks(`${SIZE}\r\n${BODY}\r\n0\r\n${CHUNKED}\r\n\r\n`)],
  ['a bare LF in a trailer', chunks(`${SIZE}\r\n${BODY}\r\n0\r\nx-t: 5\n\r\n`)],
  ['two hosts', head('host: y', LENGTH) + BODY],
  ['the same host twice', head('Host: x', LENGTH) + BODY],
  ['no host', head(LENGTH).replace('host: x\r\n', '') + BODY],
  ['two keys', head('Authorization: Bearer other', LENGTH) + BODY],
  ['HTTP/0.9', 'GET /v1/models\r\n\r\n'],
  ['HTTP/1.2', head(LENGTH).replace('HTTP/1.1', 'HTTP/1.2') + BODY],
  ['HTTP/2.0 in a request line', head(LENGTH).replace('HTTP/1.1', 'HTTP/2.0') + BODY],
  ['a blank in the path', head(LENGTH).replace(CHAT, `${CHAT} x`) + BODY],
  ['a tab in the request line', head(LENGTH).replace('POST ', 'POST\t') + BODY],
  ['a header name with a character that none may have', head('x(a): b', LENGTH) + BODY],
  ['a header name beyond ASCII', head('x\xe4: b', LENGTH) + BODY],
];

test.each(cases)('%s: one 400, then the end; what follows is no request', async (_, bytes) => {
  const given = await send(bytes + HIDDEN);
  expect(given).toMatch(/^HTTP\/1\.1 400 /);
  expect(given.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(given.toLowerCase()).toContain('connection: close');
  expect(given).toMatch(/x-request-id: [\w.-]+/);
  expect(errorOf({ text: given.split('\r\n\r\n')[1] ?? '' }).code).toBe('invalid_request');
  expect(provider.calls).toEqual([]);
});

describe('what is proper is served', () => {
  test.each([
    ['chunks', chunks(`${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
    ['CHUNKED', head('Transfer-Encoding: CHUNKED') + `${SIZE}\r\n${BODY}\r\n0\r\n\r\n`],
    ['a chunk extension', chunks(`${SIZE};a=b\r\n${BODY}\r\n0\r\n\r\n`)],
    ['a trailer', chunks(`${SIZE}\r\n${BODY}\r\n0\r\nx-t: 5\r\n\r\n`)],
    ['HTTP/1.0', head(LENGTH).replace('HTTP/1.1', 'HTTP/1.0') + BODY],
    [
      'HTTP/1.0 without a host',
      head(LENGTH).replace('HTTP/1.1', 'HTTP/1.0').replace('host: x\r\n', '') + BODY,
    ],
  ])('%s', async (_, bytes) => {
    const client = await rawClient(edge.port);
    client.socket.write(bytes);
    await waitFor(() => client.text().startsWith('HTTP/1.1 200 '));
    client.socket.destroy();
    expect(provider.calls.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { messages: [{ content: 'Hi' }] },
    ]);
  });

  test('a trailer is not a header: it brings no key', async () => {
    const withoutKey = chunks(`${SIZE}\r\n${BODY}\r\n0\r\n${auth}\r\n\r\n`).replace(`${auth}\r\n`, '');
    const client = await rawClient(edge.port);
    client.socket.write(withoutKey);
    await waitFor(() => client.text().startsWith('HTTP/1.1 401 '));
    client.socket.destroy();
  });
});

test('a million is too many chunk extensions', async () => {
  const given = await send(chunks(`${SIZE};${'a'.repeat(1_000_000)}\r\n${BODY}\r\n0\r\n\r\n`));
  expect(given).toMatch(/^HTTP\/1\.1 (400|413) /);
  expect(provider.calls).toEqual([]);
});

/** Broken line ends, lengths and encodings, in any order. */
const mangled = fc
  .array(
    fc.constantFrom(
      ...['\r\n', '\n', '\r', ' ', '\t', ':', '\0', ',', '0', '7', 'a', ';'],
      ...['content-length: 7', 'content-length: 0', CHUNKED, 'transfer-encoding: identity', 'host: y', auth],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test(
  'no mangled head lets the request behind it through',
  async () => {
    const runs = verifyLoad.mangledHeads;
    await fc.assert(
      fc.asyncProperty(mangled, async (text) => {
        provider.calls.length = 0;
        const client = await rawClient(edge.port);
        // The request in front is whole or refused; what is hidden in its body must stay a body.
        const hidden = `x${HIDDEN}`;
        client.socket.write(head(`content-length: ${hidden.length}`, `x-a: b${text}`) + hidden, 'latin1');
        await waitFor(() => /HTTP\/1\.1 \d+/.test(client.text()), { intervalMs: 1 });
        const statuses = client.text().match(/HTTP\/1\.1 \d+/g) ?? [];
        client.socket.destroy();
        expect(statuses.filter((status) => !/ 40[01]$/.test(status))).toEqual([]);
        expect(provider.calls).toEqual([]);
      }),
      { numRuns: runs },
    );
  },
  30_000 + verifyLoad.mangledHeads * 30,
);
