// GET /v1/models for clients of Anthropic's dialect; for those of OpenAI's see front-door.spec.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messagesErrorOf, MESSAGES_HEADERS } from '../__fixtures__/anthropic-replies.js';
import { type Answer, call } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { modelOver, NARROW_KEY } from '../__fixtures__/test-generation.js';

let edge: TestEdge;

beforeAll(async () => {
  const provider = { baseUrl: 'http://127.0.0.1:9/v1' };
  edge = await startTestEdge(modelOver([provider], { sections: { aliases: { 'org/nick': 'm', z: 'm' } } }));
});
afterAll(() => edge[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = MESSAGES_HEADERS): Promise<Answer> =>
  call(edge.port, { path, method: 'GET', headers });
const jsonOf = ({ text }: Answer): unknown => JSON.parse(text);

describe('GET /v1/models with anthropic-version', () => {
  test('lists what the key may use, in Anthropic’s shape and the order of the config', async () => {
    const given = await get('/v1/models');
    expect(given.headers['request-id']).toBe(given.headers['x-request-id']);
    const list = jsonOf(given) as { data: { id: string; created_at: string }[] };
    expect(list).toMatchObject({
      data: [{ type: 'model', id: 'm', display_name: 'm' }, { id: 'other' }, { id: 'org/nick' }, { id: 'z' }],
      has_more: false,
      first_id: 'm',
      last_id: 'z',
    });
    expect(new Date(list.data[0]?.created_at ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(list).not.toHaveProperty('object');
    const narrow = { 'x-api-key': NARROW_KEY, 'anthropic-version': '2023-06-01' };
    expect(jsonOf(await get('/v1/models', narrow))).toMatchObject({ last_id: 'z', data: { length: 3 } });
  });

  test.each([
    ['?limit=2', ['m', 'other'], true],
    ['?limit=2&after_id=other', ['org/nick', 'z'], false],
    ['?limit=1&before_id=z', ['org/nick'], true],
    ['?after_id=z', [], false],
    ['?limit=1000', ['m', 'other', 'org/nick', 'z'], false],
    ['?limit=x&after_id=unknown&limit=-1', ['m', 'other', 'org/nick', 'z'], false],
  ])('%s is a page', async (query, ids, more) => {
    const list = jsonOf(await get(`/v1/models${query}`)) as { data: { id: string }[]; has_more: boolean };
    expect([list.data.map(({ id }) => id), list.has_more]).toEqual([ids, more]);
    expect(list).toMatchObject({ first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null });
  });

  test('one model', async () => {
    expect(jsonOf(await get('/v1/models/org/nick'))).toMatchObject({ type: 'model', id: 'org/nick' });
  });

  test.each<[string, Record<string, string>, number, string]>([
    ['/v1/models', { 'anthropic-version': '2023-06-01' }, 401, 'authentication_error'],
    ['/v1/models/nope', MESSAGES_HEADERS, 404, 'not_found_error'],
    ['/v1/models/other', { ...MESSAGES_HEADERS, 'x-api-key': NARROW_KEY }, 403, 'permission_error'],
  ])('%s can fail in Anthropic’s shape', async (path, headers, status, type) => {
    const given = await get(path, headers);
    expect(given.status).toBe(status);
    expect(messagesErrorOf(given)).toMatchObject({ type, requestId: given.headers['request-id'] });
  });
});
