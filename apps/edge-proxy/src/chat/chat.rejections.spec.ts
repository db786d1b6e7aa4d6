// Requests that are refused before any provider hears of them, by status.
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { edgeOfAllTests } from '../__fixtures__/edge-hooks.js';
import { type Answer, call, chatBody, errorOf } from '../__fixtures__/http-client.js';
import { KEY, NARROW_KEY } from '../__fixtures__/test-generation.js';

const EXPIRED_KEY = 'sk-test-expired-0123456789-ab';
const DISABLED_KEY = 'sk-test-disabled-0123456789-a';

const { provider, edge } = edgeOfAllTests({
  sections: {
    server: { maxRequestBodyMb: 1 },
    aliases: { nick: 'm' },
    keys: [
      { name: 'all', key: KEY },
      { name: 'narrow', key: NARROW_KEY, models: ['m'] },
      { name: 'expired', key: EXPIRED_KEY, expiresAt: '2020-01-01' },
      { name: 'disabled', key: DISABLED_KEY, disabled: true },
    ],
  },
});

/** What holds for every refusal: our error shape, a request id, nothing upstream, one event if the key is known. */
async function expectRefusal(
  given: Answer,
  wanted: { status: number; code: string; param?: string | null; message?: RegExp; event?: boolean },
): Promise<void> {
  const error = errorOf(given);
  expect({ status: given.status, code: error.code, param: error.param }).toEqual({
    status: wanted.status,
    code: wanted.code,
    param: wanted.param ?? null,
  });
  expect(error.message).toMatch(wanted.message ?? /./);
  expect(given.headers['content-type']).toBe('application/json');
  expect(given.headers['x-request-id']).toMatch(/^[\w.-]{1,128}$/);
  expect(given.headers).not.toHaveProperty('x-sluice-provider');
  expect(provider.calls).toEqual([]);
  expect(edge.sink.intents).toEqual([]);
  if (wanted.event === false) {
    expect(edge.sink.events).toEqual([]);
    return;
  }
  const event = await edge.sink.theEvent();
  expect(event).toMatchObject({
    outcome: 'rejected',
    status: wanted.status,
    errorCode: wanted.code,
    requestId: given.headers['x-request-id'],
    attempts: [],
    costUsdNanos: 0,
    provider: null,
  });
  expect(event.errorMessage).toBe(error.message);
}

describe('400 invalid_json', () => {
  const deep = `{"model":"m","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  test.each<[string, string | Buffer, RegExp]>([
    ['an empty body', '', /too early|object/],
    ['half an object', '{"model":"m",', /too early/],
    ['an array', '[]', /must be a JSON object/],
    ['a string', '"m"', /must be a JSON object/],
    ['single quotes', "{'model':'m'}", /key in double quotes/],
    ['a trailing comma', '{"model":"m",}', /key in double quotes/],
    ['a comment', '{"model":"m"/*x*/}', /comma or closing brace/],
    ['NaN', '{"model":"m","temperature":NaN}', /not JSON|word/],
    ['a number with a leading zero', '{"model":"m","n":01}', /comma or closing brace/],
    ['a raw newline in a string', '{"model":"m\n"}', /control character/],
    ['two documents', '{"model":"m"}{"model":"m"}', /after the end/],
    ['a byte order mark', '\ufeff{"model":"m"}', /must be a JSON object/],
    ['depth 65', `{"model":"m","a":${'['.repeat(64)}${']'.repeat(64)}}`, /deeper than 64/],
    ['depth 100,000', deep, /deeper than 64/],
    ['invalid UTF-8', Buffer.from('{"model":"m\xff"}', 'latin1'), /not valid UTF-8/],
    ['half a character', Buffer.from('{"model":"m","user":"\xe2\x82"}', 'latin1'), /not valid UTF-8/],
    ['an overlong slash', Buffer.from('{"model":"m\xc0\xaf"}', 'latin1'), /not valid UTF-8/],
    ['a duplicate key', '{"model":"m","model":"other"}', /"model" appears twice/],
    ['a duplicate key far below', '{"model":"m","a":[{"b":{"x":1,"x":2}}]}', /"x" appears twice/],
    ['a duplicate in escaped form', '{"model":"m","a":{"x":1,"\\u0078":2}}', /"x" appears twice/],
    ['__proto__', '{"model":"m","__proto__":{}}', /__proto__/],
    ['__proto__ far below', '{"model":"m","a":[{"__proto__":1}]}', /__proto__/],
    ['__proto__ with an escape', '{"model":"m","a":{"\\u005f_proto__":1}}', /__proto__/],
  ])('%s', async (_, body, message) => {
    await expectRefusal(await call(edge.port, { body }), { status: 400, code: 'invalid_json', message });
  });
});

describe('400 invalid_request', () => {
  test.each<[string, object | string, string | null, RegExp]>([
    ['no model', { messages: [] }, 'model', /"model" is missing/],
    ['an empty object', {}, 'model', /"model" is missing/],
    ['model: null', { model: null }, 'model', /must be a string, not null/],
    ['model: a number', { model: 4 }, 'model', /must be a string, not a number/],
    ['model: an array', { model: ['m'] }, 'model', /must be a string, not an array/],
    ['model: an object', { model: { id: 'm' } }, 'model', /must be a string, not an object/],
    ['model: true', { model: true }, 'model', /must be a string, not a boolean/],
    ['stream: text', { model: 'm', stream: 'true' }, 'stream', /must be true or false, not a string/],
    ['stream: 1', { model: 'm', stream: 1 }, 'stream', /must be true or false, not a number/],
    ['stream_options: a list', { model: 'm', stream_options: [] }, 'stream_options', /must be an object/],
    ['a key in capitals', '{"model":"m","Stream":true}', null, /"Stream" is not written in its plain form/],
    ['MODEL', '{"MODEL":"m"}', null, /"MODEL" is not written/],
    ['an escaped key', '{"mod\\u0065l":"m"}', null, /"model" is not written in its plain form/],
    ['a key with a Kelvin sign', '{"model":"m","\u212aey":1}', null, /not written in its plain form/],
    ['a key with an accent', '{"model":"m","usér":"x"}', null, /"usér" is not written/],
  ])('%s', async (_, body, param, message) => {
    await expectRefusal(await call(edge.port, { body }), {
      status: 400,
      code: 'invalid_request',
      param,
      message,
    });
  });
});

describe('401', () => {
  const wrong = { status: 401, code: 'invalid_api_key', event: false } as const;

  test('without a key the message says where one goes', async () => {
    const given = await call(edge.port, { headers: {} });
    await expectRefusal(given, { ...wrong, message: /Authorization: Bearer/ });
    expect(given.headers['www-authenticate']).toBe('Bearer');
  });

  test('unknown, expired, disabled and misspelt keys get the same answer', async () => {
    const texts = new Set<string>();
    for (const key of [
      'sk-nobody-has-this-0123456789',
      EXPIRED_KEY,
      DISABLED_KEY,
      `${KEY}x`,
      KEY.toUpperCase(),
    ]) {
      const given = await call(edge.port, { headers: { authorization: `Bearer ${key}` } });
      await expectRefusal(given, wrong);
      expect(given.text).not.toContain(key);
      texts.add(given.text);
    }
    expect(texts.size).toBe(1);
  });

  test.each<[string, Record<string, string>]>([
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['no scheme', { authorization: KEY }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['two keys that differ', { authorization: `Bearer ${KEY}`, 'x-api-key': NARROW_KEY }],
    ['two keys of which one is wrong', { authorization: `Bearer ${KEY}`, 'api-key': 'x' }],
    ['a cookie', { cookie: `api-key=${KEY}` }],
    ['a proxy’s header', { 'proxy-authorization': `Bearer ${KEY}` }],
    ['50,000 characters', { 'x-api-key': 'k'.repeat(12_000) }],
  ])('%s', async (_, headers) => {
    await expectRefusal(await call(edge.port, { headers }), wrong);
  });

  test('a key in the query is no key', async () => {
    const path = `/v1/chat/completions?key=${KEY}&api-key=${KEY}`;
    await expectRefusal(await call(edge.port, { headers: {}, path }), wrong);
  });

  test('the key is judged before the body: nothing is said about a broken one', async () => {
    await expectRefusal(await call(edge.port, { headers: {}, body: '{' }), wrong);
  });

  test.each<[string, Record<string, string>]>([
    ['Bearer', { authorization: `Bearer ${KEY}` }],
    ['bearer in small letters', { authorization: `bearer  ${KEY}` }],
    ['x-api-key', { 'x-api-key': KEY }],
    ['api-key', { 'api-key': KEY }],
    ['the same key twice', { authorization: `Bearer ${KEY}`, 'x-api-key': KEY }],
  ])('%s lets a request in', async (_, headers) => {
    expect((await call(edge.port, { headers })).status).toBe(200);
  });
});

const narrow = { authorization: `Bearer ${NARROW_KEY}` };

describe('403', () => {
  test('a model that the key may not use', async () => {
    const given = await call(edge.port, { headers: narrow, body: chatBody({ model: 'other' }) });
    await expectRefusal(given, {
      status: 403,
      code: 'model_not_allowed',
      param: 'model',
      message: /"other"/,
    });
  });

  test('an alias of a model that the key may use is let in', async () => {
    expect((await call(edge.port, { headers: narrow, body: chatBody({ model: 'nick' }) })).status).toBe(200);
  });
});

describe('404', () => {
  test.each(['gpt-99', 'M', 'm ', '', 'p9/upstream-p1', '__proto__', 'constructor', 'm\0'])(
    'the unknown model %j',
    async (model) => {
      const given = await call(edge.port, { body: chatBody({ model }) });
      await expectRefusal(given, {
        status: 404,
        code: 'model_not_found',
        param: 'model',
        message: /GET \/v1\/models/,
      });
    },
  );

  test('an unknown model of 900,000 characters is cut in the answer and in the event', async () => {
    const given = await call(edge.port, { body: chatBody({ model: 'x'.repeat(900_000) }) });
    expect(given.status).toBe(404);
    expect(given.text.length).toBeLessThan(1000);
    expect((await edge.sink.theEvent()).requestedModel?.length).toBeLessThanOrEqual(256);
  });

  test('a model is judged before the other fields', async () => {
    const given = await call(edge.port, { body: { model: 'gpt-99', stream: 'yes' } });
    expect(errorOf(given).code).toBe('model_not_found');
  });
});

describe('413', () => {
  test('a body over server.maxRequestBodyMb names the limit and the setting', async () => {
    const given = await call(edge.port, { body: chatBody({ user: 'x'.repeat(1_100_000) }) });
    await expectRefusal(given, {
      status: 413,
      code: 'request_too_large',
      message: /1 MB.*server\.maxRequestBodyMb/,
    });
  });
});

describe('415', () => {
  const typed = (type: string, more: Record<string, string> = {}): Record<string, string> => ({
    authorization: `Bearer ${KEY}`,
    'content-type': type,
    ...more,
  });
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    `application/json${' '.repeat(10_000)}x`,
  ])('content type %j', async (type) => {
    const startedMs = performance.now();
    await expectRefusal(await call(edge.port, { headers: typed(type) }), {
      status: 415,
      code: 'unsupported_media_type',
      message: /application\/json/,
    });
    expect(performance.now() - startedMs).toBeLessThan(200);
  });

  test.each(['gzip', 'br', 'deflate', 'gzip, gzip', 'x'])('content encoding %j', async (encoding) => {
    const body = gzipSync(JSON.stringify(chatBody()));
    await expectRefusal(
      await call(edge.port, { headers: typed('application/json', { 'content-encoding': encoding }), body }),
      { status: 415, code: 'unsupported_media_type', message: /without a content encoding/ },
    );
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'Application/JSON',
    'application/vnd.api+json',
  ])('content type %j is taken', async (type) => {
    expect((await call(edge.port, { headers: typed(type) })).status).toBe(200);
  });

  test('a body without a type is taken for JSON', async () => {
    expect((await call(edge.port, { headers: { 'x-api-key': KEY } })).status).toBe(200);
  });
});
