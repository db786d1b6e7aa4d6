// Nobody gets past the guard, however path, method and headers are written.
import { requestCompleted } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { storeRequests } from '../__fixtures__/store-requests.js';
import { startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';
import { CONTENT_SECURITY_POLICY } from './security-headers.js';

/** In every answer that came past the guard. */
const SECRET_MODEL = 'a-model-that-nobody-may-see';
const event = requestCompleted({ requestedModel: SECRET_MODEL });

let admin: TestAdmin;
let stranger: Browser;
beforeAll(async () => {
  admin = await startTestAdmin();
  await storeRequests(admin.db, [event]);
  stranger = new Browser(admin.url);
});
afterAll(() => admin.close());

const GUARDED = [
  '/api/session',
  '/api/overview',
  '/api/requests',
  `/api/requests/${event.eventId}`,
  '/api/live',
  '/api/export/requests?format=csv',
];

/** The same path in other clothes. */
function variantsOf(path: string): string[] {
  const [name = '', search] = path.split('?');
  const query = search === undefined ? '' : `?${search}`;
  const parts = name.slice(1).split('/');
  const [last = ''] = parts.slice(-1);
  const encode = (text: string) =>
    Buffer.from(text).reduce((encoded, byte) => `${encoded}%${byte.toString(16)}`, '');
  return [
    `/${name}`,
    `//${name}`,
    name.replaceAll('/', '//'),
    `${name}/`,
    `${name}//`,
    `${name}/.`,
    `${name}/./`,
    `${name}/x/..`,
    `/.${name}`,
    `/./${parts.join('/./')}`,
    `/x/..${name}`,
    `/assets/..${name}`,
    `/assets/%2e%2e${name}`,
    `/%2e${name}`,
    `/%2e/${name.slice(1)}`,
    `/api/session/..${name.slice(4)}`,
    `/api/openapi.json/..${name.slice(4)}`,
    `/api/openapi.json/%2e%2e${name.slice(4)}`,
    `/${parts.join('%2f')}`,
    `/${parts.join('%2F')}`,
    `/${parts.join('%5c')}`,
    `/${parts.join('\\')}`,
    `%2f${name.slice(1)}`,
    name.toUpperCase(),
    `/Api${name.slice(4)}`,
    `/${parts.slice(0, -1).join('/')}/${encode(last)}`,
    `/${encode('api')}${name.slice(4)}`,
    `/%61pi${name.slice(4)}`,
    `/%2561pi${name.slice(4)}`,
    `${name};x=1`,
    `${name};.css`,
    `${name}.json`,
    `${name}.html`,
    `${name}%00`,
    `${name}%20`,
    `${name}%0a`,
    `${name}%3fa=b`,
    `${name}%23`,
    `${name}?_method=GET`,
    `${name}?access_token=x&key=x`,
    `/api${name}`,
    `/${name.slice(1)}?/api/openapi.json`,
    `http://127.0.0.1${name}`,
    `http://evil.example${name}`,
  ].map((variant) => (variant.includes('?') ? variant : variant + query));
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const OVERRIDES: Record<string, string>[] = [
  { 'x-http-method-override': 'GET' },
  { 'x-method-override': 'GET' },
  { 'x-original-url': '/api/openapi.json' },
  { 'x-rewrite-url': '/api/openapi.json' },
  { 'x-forwarded-host': '127.0.0.1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' },
  { 'x-sluice-teams': 'default' },
  { host: 'api.internal' },
  { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
  { authorization: 'Bearer sk-slc-abc-def' },
  { 'x-api-key': 'sk-slc-abc-def' },
  { 'api-key': 'sk-slc-abc-def' },
];

/** What a stranger may be told: no; nothing is here; or the page that everybody gets. */
function isHarmless({ status, type, text }: { status: number; type: string; text: string }): boolean {
  if (text.includes(SECRET_MODEL)) return false;
  if (type.startsWith('application/problem+json')) return [400, 401, 403, 404, 415].includes(status);
  // The API has no pages; to HEAD the page has no text.
  if (type.startsWith('text/html')) return text === '' || text.includes('not built');
  return type === '' && text === '' && [400, 401, 404].includes(status);
}

describe('a stranger', () => {
  it('gets past the guard with none of over 1,000 ways to write a path and a method', async () => {
    const tries = GUARDED.flatMap((path) => [path, ...variantsOf(path)]).flatMap((path) =>
      METHODS.map((method) => ({ method, path })),
    );
    const through: string[] = [];
    for (const { method, path } of tries) {
      const answer = await stranger.raw(method, path, { accept: 'text/html' });
      if (!isHarmless(answer)) through.push(`${method} ${path}: ${answer.status} ${answer.text}`);
    }
    expect(through).toEqual([]);
    expect(tries.length).toBeGreaterThan(1_000);
  }, 60_000);

  it('is 401 on every guarded path, whatever the headers claim', async () => {
    for (const path of GUARDED) {
      for (const headers of [{}, ...OVERRIDES]) {
        const answer = await stranger.raw('GET', path, headers);
        expect([path, headers, answer.status]).toEqual([path, headers, 401]);
      }
      for (const headers of OVERRIDES.slice(0, 2)) {
        const answer = await stranger.raw('POST', path, headers);
        expect([401, 403, 404, 400]).toContain(answer.status);
      }
    }
  });

  it('never gets the page in place of an answer of the API', async () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/none',
      '/API/none',
      '//api/x',
      '/.//api',
      '/%61pi',
      '/api%2fx',
      '/\\api',
    ]) {
      const answer = await stranger.raw('GET', path, { accept: 'text/html' });
      expect([path, answer.status, answer.type]).toEqual([
        path,
        404,
        'application/problem+json; charset=utf-8',
      ]);
    }
  });
});

describe('every answer', () => {
  it.each([
    ['/', 200],
    ['/api/none', 404],
    ['/api/session', 401],
    ['/api/openapi.json', 200],
    ['/api/requests/%E0%A4%A', 404],
    ['/assets/none.js', 404],
  ])('%s carries the headers that keep browsers in', async (path, status) => {
    const answer = await stranger.get(path, { accept: 'text/html' });
    expect([answer.status, Object.fromEntries(answer.headers)]).toMatchObject([
      status,
      {
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      },
    ]);
    if (path.startsWith('/api')) expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('the policy allows no inline code and no foreign origin', () => {
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:/);
  });
});
