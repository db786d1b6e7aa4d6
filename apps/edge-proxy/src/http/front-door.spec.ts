// The door: which URL and method leads where, and what happens to what is no proper HTTP.
import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { edgeOfAllTests } from '../__fixtures__/edge-hooks.js';
import { completion } from '../__fixtures__/fake-provider.js';
import { call, CHAT, chatBody, errorOf, rawClient } from '../__fixtures__/http-client.js';
import { KEY, NARROW_KEY } from '../__fixtures__/test-generation.js';

const { provider, edge } = edgeOfAllTests({
  sections: { aliases: { 'org/nick': 'm' }, server: { maxRequestBodyMb: 1 } },
});

const bearer = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
const REQUEST_ID = /^[\w.-]{1,128}$/;

describe('404 unknown_route', () => {
  const variants = [
    '/',
    '*',
    '/v1',
    '/v1/',
    '/v1/chat',
    '/v1/responses',
    '/v1/chat/completions/',
    '/v1/chat/completions/x',
    '//v1/chat/completions',
    '/v1//chat/completions',
    '/v1/chat/completions//',
    '/v1/chat/./completions',
    '/v1/x/../chat/completions',
    '/./v1/chat/completions',
    '/v1/chat%2fcompletions',
    '/v1/chat%2Fcompletions',
    '/v1/chat/completions%00',
    '/v1/chat/completions%20',
    '/v1/chat/completion%73',
    '/v1/chat/completions;x=1',
    '/v1;x/chat/completions',
    '/V1/chat/completions',
    '/v1/Chat/Completions',
    '/v1\\chat\\completions',
    '/v1/chat/completions#x',
    '/v1/chat/completions/%2e%2e/completions',
    '/api/v1/chat/completions',
    '/v1/embeddings/',
    '/v1/embeddings%2f',
    '/%zz',
    '/v1/%c0%af',
    `/v1/${'x'.repeat(5000)}`,
    'http://127.0.0.1/v1/chat/completions',
    'http://elsewhere.example/v1/models',
  ];
  test.each(variants)('POST %s is nobody’s, key or not, whatever the body', async (path) => {
    for (const headers of [bearer, {}, { ...bearer, 'content-type': 'text/plain' }]) {
      const given = await call(edge.port, { path, headers });
      expect([given.status, errorOf(given).code]).toEqual([404, 'unknown_route']);
      expect(given.headers['x-request-id']).toMatch(REQUEST_ID);
      expect(given.headers['content-type']).toBe('application/json');
    }
    expect(provider.calls).toEqual([]);
    expect(edge.sink.events).toEqual([]);
  });

  test('the message names what was asked, cut, and what there is', async () => {
    const given = await call(edge.port, { path: `/v1/completions?key=secret`, headers: bearer });
    const { message } = errorOf(given);
    expect(message).toContain('"/v1/completions"');
    expect(message).toContain('POST /v1/chat/completions');
    expect(message).not.toContain('secret');
    const long = await call(edge.port, { path: `/${'x'.repeat(5000)}`, headers: bearer });
    expect(long.text.length).toBeLessThan(1000);
  });

  test('a large body on an unknown route changes nothing', async () => {
    const given = await call(edge.port, {
      path: '/v1/nothing',
      headers: bearer,
      body: 'x'.repeat(3_000_000),
    });
    expect([given.status, errorOf(given).code]).toEqual([404, 'unknown_route']);
  });
});

describe('405', () => {
  test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'])(
    '%s on a POST endpoint',
    async (method) => {
      for (const path of [CHAT, '/v1/embeddings', `${CHAT}?x=1`]) {
        const given = await call(edge.port, { path, method, headers: bearer });
        expect([given.status, errorOf(given).code]).toEqual([405, 'method_not_allowed']);
        expect(given.headers).toMatchObject({
          allow: 'POST',
          'x-request-id': expect.stringMatching(REQUEST_ID) as string,
        });
        expect(errorOf(given).message).toContain(method);
      }
      expect(edge.sink.events).toEqual([]);
    },
  );

  test('HEAD gets the same head without a body', async () => {
    const given = await call(edge.port, { method: 'HEAD', headers: bearer });
    expect(given).toMatchObject({ status: 405, text: '', isWhole: true, headers: { allow: 'POST' } });
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s on the list of models', async (method) => {
    for (const path of ['/v1/models', '/v1/models/m']) {
      const given = await call(edge.port, { path, method, headers: bearer });
      expect([given.status, errorOf(given).code]).toEqual([405, 'method_not_allowed']);
      expect(given.headers['allow']).toBe('GET, HEAD');
    }
  });

  test('a header that names another method is not believed', async () => {
    const headers = { ...bearer, 'x-http-method-override': 'POST', 'x-method-override': 'POST' };
    expect((await call(edge.port, { method: 'GET', headers })).status).toBe(405);
  });
});

describe('GET /v1/models', () => {
  const get = (path: string, headers: Record<string, string> = bearer) =>
    call(edge.port, { path, method: 'GET', headers });
  const idsOf = (text: string): string[] =>
    (JSON.parse(text) as { data: { id: string }[] }).data.map(({ id }) => id);

  test('lists what the key may use in the order of the config, without an event', async () => {
    const given = await get('/v1/models');
    expect(given.status).toBe(200);
    expect(given.headers['x-request-id']).toMatch(REQUEST_ID);
    expect(idsOf(given.text)).toEqual(['m', 'other', 'org/nick']);
    expect(idsOf((await get('/v1/models', { 'x-api-key': NARROW_KEY })).text)).toEqual(['m', 'org/nick']);
    expect(edge.sink.events).toEqual([]);
  });

  test.each(['/v1/models/m', '/v1/models/org/nick', '/v1/models/org%2Fnick', '/v1/models/m?x=1'])(
    '%s is one model',
    async (path) => {
      const given = await get(path);
      expect(given.status).toBe(200);
      expect(JSON.parse(given.text)).toMatchObject({ object: 'model', owned_by: 'sluice' });
    },
  );

  test.each([
    ['/v1/models/unknown', 404, 'model_not_found'],
    [`/v1/models/${'x'.repeat(3000)}`, 404, 'model_not_found'],
    ['/v1/models/__proto__', 404, 'model_not_found'],
    ['/v1/models/%zz', 404, 'unknown_route'],
  ])('%s is %d %s', async (path, status, code) => {
    const given = await get(path);
    expect([given.status, errorOf(given).code]).toEqual([status, code]);
    expect(given.headers['x-request-id']).toMatch(REQUEST_ID);
  });

  test('a model that the key may not use is 403', async () => {
    const given = await get('/v1/models/other', { 'x-api-key': NARROW_KEY });
    expect([given.status, errorOf(given).code]).toEqual([403, 'model_not_allowed']);
  });

  test.each(['', '/', '/m', '//', '/%6d', ';x', '?a', '#a', '/m/', '/../models', '/%2e%2e/models', '/M'])(
    'without a key no variant of the path lists anything: /v1/models%s',
    async (tail) => {
      for (const prefix of ['', '/', '/.', 'http://x']) {
        const given = await get(`${prefix}/v1/models${tail}`, {});
        expect([400, 401, 404]).toContain(given.status);
        expect(errorOf(given).code).toMatch(/invalid_api_key|unknown_route|invalid_request/);
      }
    },
  );

  test('HEAD is judged like GET', async () => {
    const head = (headers: Record<string, string>) =>
      call(edge.port, { path: '/v1/models', method: 'HEAD', headers });
    expect(await head(bearer)).toMatchObject({ status: 200, text: '' });
    expect((await head({})).status).toBe(401);
  });

  test('two different keys are refused here as well', async () => {
    expect((await get('/v1/models', { ...bearer, 'x-api-key': NARROW_KEY })).status).toBe(401);
  });
});

describe('request ids', () => {
  const withId = (id: string) => ({ ...bearer, 'x-request-id': id });
  test.each(['a', 'A-z_0.9', 'x'.repeat(128)])('%j is given back, recorded and sent upstream', async (id) => {
    const given = await call(edge.port, { headers: withId(id) });
    expect(given.headers['x-request-id']).toBe(id);
    expect((await edge.sink.theEvent()).requestId).toBe(id);
    expect(provider.calls[0]?.headers['x-request-id']).toBe(id);
  });

  test.each(['', ' ', 'a b', 'x'.repeat(129), 'ä', 'a,b', '<script>', 'a/b', '"'])(
    '%j is replaced by the event id',
    async (id) => {
      const given = await call(edge.port, { headers: withId(id) });
      const event = await edge.sink.theEvent();
      expect(given.headers['x-request-id']).toBe(event.eventId);
      expect(event.requestId).toBe(event.eventId);
    },
  );

  test.each([
    ['a refusal', { body: '{' }],
    ['a 401', { headers: { 'x-request-id': 'mine' } }],
    ['an unknown route', { path: '/nothing' }],
    ['a wrong method', { method: 'PUT' }],
    ['the models', { path: '/v1/models', method: 'GET' }],
  ])('%s carries the client’s id as well', async (_, options) => {
    const given = await call(edge.port, { headers: withId('mine'), ...options });
    expect(given.headers['x-request-id']).toBe('mine');
  });

  test('a repeated id is a label: two requests, two events', async () => {
    await Promise.all([
      call(edge.port, { headers: withId('same') }),
      call(edge.port, { headers: withId('same') }),
    ]);
    expect(new Set(edge.sink.events.map(({ eventId }) => eventId)).size).toBe(2);
  });
});

/** A raw request; resolves with all that came until the server closed. */
async function raw(text: string): Promise<string> {
  const client = await rawClient(edge.port);
  client.socket.write(text, 'latin1');
  await client.ended;
  client.socket.destroy();
  return client.text();
}

const body = JSON.stringify(chatBody());
const head = (lines: string): string =>
  `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n${lines}\r\n`;

describe('no proper HTTP', () => {
  test.each<[string, string, number]>([
    ['noise', 'hello\r\n\r\n', 400],
    [
      'length and chunks',
      head(`content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n`) + body,
      400,
    ],
    ['two lengths', head(`content-length: ${body.length}\r\ncontent-length: 1\r\n`) + body, 400],
    ['a negative length', head('content-length: -1\r\n') + body, 400],
    ['a length that is no number', head('content-length: 0x10\r\n') + body, 400],
    ['an unknown transfer encoding', head('transfer-encoding: xchunked\r\n') + body, 400],
    ['a bad chunk', `${head('transfer-encoding: chunked\r\n')}zz\r\n`, 400],
    ['a header without a name', head(': x\r\n'), 400],
    ['a space before the colon', head('x-a : b\r\n'), 400],
    ['a folded header', head('x-a: b\r\n c\r\n'), 400],
    ['a bare carriage return in a header', head('x-a: b\rc\r\n'), 400],
    ['a NUL in a header', head('x-a: b\0c\r\n'), 400],
    ['no host', `GET / HTTP/1.1\r\n\r\n`, 400],
    ['headers over 16 KiB', head(`x-a: ${'y'.repeat(20_000)}\r\n`), 431],
    ['HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['an unknown method', 'FOO / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ])('%s: one JSON error with a request id, then the end', async (_, text, status) => {
    const given = await raw(text);
    expect(given).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(given.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    const [headText = '', bodyText = ''] = given.split('\r\n\r\n');
    expect(headText.toLowerCase()).toContain('connection: close');
    expect(headText).toMatch(/x-request-id: [\w.-]+/);
    expect(errorOf({ text: bodyText }).code).toBe('invalid_request');
    expect(provider.calls).toEqual([]);
  });

  test.each([
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n'],
    ['CONNECT with a path', `CONNECT ${CHAT} HTTP/1.1\r\nhost: x\r\n\r\n`],
  ])('%s opens no tunnel', async (_, text) => {
    const given = await raw(text);
    expect(given).toMatch(/^HTTP\/1\.1 (400|404|405) /);
    expect(given).toMatch(/x-request-id: /);
  });

  test('an upgrade is answered as the plain request that it is', async () => {
    const given = await raw(
      head(
        `connection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-key: x\r\ncontent-length: ${body.length}\r\n`,
      ) + body,
    );
    expect(given).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('garbage behind a request does not get into its answer', async () => {
    provider.reply = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"model":"u","choices":[{"delta":{"content":"one"}}]}\n\n');
    };
    const client = await rawClient(edge.port);
    const streamed = JSON.stringify(chatBody({ stream: true }));
    client.socket.write(`${head(`content-length: ${streamed.length}\r\n`)}${streamed}`);
    await waitFor(() => client.text().includes('one'));
    client.socket.write('garbage\r\n\r\n');
    await client.ended;
    expect(client.text().match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    await waitFor(() => provider.calls[0]?.closedMs !== null);
    expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'cancelled', status: 499 });
  });
});

describe('connections', () => {
  test('a connection stays usable after every kind of refusal', async () => {
    provider.reply = completion('Hi');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    agent.on('free', (socket) => sockets.add(socket));
    const statuses: number[] = [];
    for (const options of [
      { body: '{' },
      { headers: {} },
      { path: '/nothing' },
      { method: 'PUT' },
      { body: chatBody({ user: 'x'.repeat(1_200_000) }) },
      { headers: { ...bearer, 'content-type': 'text/plain' } },
      { path: '/v1/models', method: 'GET' },
      {},
    ]) {
      statuses.push((await call(edge.port, { headers: bearer, agent, ...options })).status);
    }
    expect(statuses).toEqual([400, 401, 404, 405, 413, 415, 200, 200]);
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  test('two requests sent at once on one connection are answered in order', async () => {
    const client = await rawClient(edge.port);
    const one = (id: string): string =>
      head(`content-length: ${body.length}\r\nx-request-id: ${id}\r\n`) + body;
    client.socket.write(one('first') + one('second'));
    await waitFor(() => client.text().match(/HTTP\/1\.1 200/g)?.length === 2);
    expect(client.text()).toMatch(/first[^]*second/);
    client.socket.destroy();
  });
});
