// Downloads through the built service; the far end is a server of ours that can misbehave.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const MIB = 1024 * 1024;
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

let exporter: Server;
let admin: TestAdmin;
let page: Browser;
let seen: IncomingMessage[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  exporter = createServer((asked, response) => {
    seen.push(asked);
    answer(asked, response);
  });
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const { port } = exporter.address() as AddressInfo;
  admin = await startTestAdmin({ EXPORT_URL: `http://127.0.0.1:${port}` });
  page = new Browser(admin.url);
  await page.signedIn('admin', ADMIN_PASSWORD);
});
beforeEach(() => {
  seen = [];
  answer = (_, response) => {
    response.writeHead(200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="x.csv"',
      'set-cookie': 'a=b',
      server: 'internal',
    });
    response.end('event_id\r\n1\r\n');
  };
});
afterAll(async () => {
  await admin.close();
  exporter.closeAllConnections();
  exporter.close();
});

const PATH = '/api/export/requests?format=csv&team=red&model=a%20b';

describe('200', () => {
  it('the file comes through as it is, the query as it was sent', async () => {
    const got = await page.get(PATH, { 'x-sluice-teams': 'blue', authorization: 'Bearer x' });
    expect([got.status, got.text]).toEqual([200, 'event_id\r\n1\r\n']);
    expect(got.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(got.headers.get('content-disposition')).toBe('attachment; filename="x.csv"');
    expect([got.headers.get('set-cookie'), got.headers.get('server')]).toEqual([null, null]);
    expect(got.headers.get('x-content-type-options')).toBe('nosniff');
    expect(seen[0]?.url).toBe('/export/requests?format=csv&team=red&model=a%20b');
    // Nothing of the client's own but the query goes on.
    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual(['connection', 'host']);
  });

  it('HEAD has the headers only', async () => {
    const got = await page.send('HEAD', PATH);
    expect([got.status, got.text, seen[0]?.method]).toEqual([200, '', 'HEAD']);
    expect(got.headers.get('content-type')).toMatch(/^text\/csv/);
  });

  it.each([
    [['red', 'grün, & more'], 'gr%C3%BCn%2C%20%26%20more,red'],
    [[], ''],
  ])('who sees the teams %j asks for those, whatever was sent', async (teams, header) => {
    const name = `viewer-of-${teams.length}`;
    await admin.addUser({ name, password: 'viewer-password', role: 'viewer', teams });
    const viewer = new Browser(admin.url);
    await viewer.signedIn(name, 'viewer-password');
    await viewer.get(PATH, { 'x-sluice-teams': 'blue' });
    expect(seen[0]?.headers['x-sluice-teams']).toBe(header);
  });
});

describe('a large file', () => {
  const FILE_BYTES = 200 * MIB;
  const CHUNK = Buffer.alloc(64 * 1024, 'x');

  it('goes at the pace of the client, in constant memory', async () => {
    let written = 0;
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/csv' });
      const pump = (): void => {
        while (written < FILE_BYTES) {
          written += CHUNK.length;
          if (!response.write(CHUNK)) {
            response.once('drain', pump);
            return;
          }
        }
        response.end();
      };
      pump();
    };
    const rss = () =>
      Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${admin.service.pid}/status`, 'utf8'))![1]) * 1024;
    // What the collector takes its time with is there after the first file, however many follow.
    expect((await page.get(PATH)).text).toHaveLength(FILE_BYTES);
    const before = rss();
    written = 0;
    const sent = request(`${admin.url}${PATH}`, { headers: { cookie: page.cookie! } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.pause();
    // Until the sockets' buffers are full: then the far end stands still.
    let last = -1;
    await waitFor(
      () => {
        const stands = written === last;
        last = written;
        return stands;
      },
      { intervalMs: 300 },
    );
    expect(written).toBeLessThan(20 * MIB);
    let bytes = 0;
    response.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume();
    await once(response, 'end');
    expect(bytes).toBe(FILE_BYTES);
    expect(rss() - before).toBeLessThan(30 * MIB);
  }, 60_000);

  it('a client that goes away ends the work at the far end', async () => {
    let isGone = false;
    answer = (_, response) => {
      response.on('close', () => (isGone = true));
      response.writeHead(200, { 'content-type': 'text/csv' });
      response.write(CHUNK);
    };
    const sent = request(`${admin.url}${PATH}`, { headers: { cookie: page.cookie! } });
    sent.end();
    await once(sent, 'response');
    sent.destroy();
    await waitFor(() => isGone);
  });

  it('a client that goes away before the first byte does so too', async () => {
    let isGone = false;
    answer = (_, response) => response.on('close', () => (isGone = true));
    const sent = request(`${admin.url}${PATH}`, { headers: { cookie: page.cookie! } });
    sent.on('error', () => undefined);
    sent.end();
    await waitFor(() => seen.length === 1);
    sent.destroy();
    await waitFor(() => isGone);
  });

  it('that breaks at the far end is a broken connection, never a whole-looking file', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/csv' });
      response.write(CHUNK, () => response.destroy());
    };
    await expect(page.get(PATH)).rejects.toThrow();
  });
});

describe('a download that its person may no longer have', () => {
  const begin = async (of: Browser): Promise<{ readonly closed: Promise<unknown> }> => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/csv' });
      response.write('x'.repeat(1_000));
    };
    const sent = request(`${admin.url}${PATH}`, { headers: { cookie: of.cookie! } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined).resume();
    return { closed: new Promise((resolve) => response.once('close', resolve)) };
  };
  const within = async (closed: Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    await closed;
    return performance.now() - startedAt;
  };

  it.each([
    ['after its sign-out', 'signs-out', (page_: Browser) => page_.send('DELETE', '/api/session')],
    ['after its person is gone', 'gone', (_: Browser, id: string) => remove('app_user', id)],
    ['after its team is taken away', 'teamless', (_: Browser, id: string) => remove('team_member', id)],
  ])('breaks off within five seconds %s, and others go on', async (_, name, act) => {
    const id = await admin.addUser({ name, password: 'viewer-password', role: 'viewer', teams: ['red'] });
    const viewer = new Browser(admin.url);
    await viewer.signedIn(name, 'viewer-password');
    const mine = await begin(viewer);
    const ofAdmin = await begin(page);
    let isOtherClosed = false;
    void ofAdmin.closed.then(() => (isOtherClosed = true));
    await act(viewer, id);
    // A second more for a busy machine.
    expect(await within(mine.closed)).toBeLessThan(6_000);
    expect(isOtherClosed).toBe(false);
    exporter.closeAllConnections();
    await ofAdmin.closed;
  });

  const remove = (table: 'app_user' | 'team_member', id: string) =>
    table === 'app_user'
      ? admin.db.deleteFrom('app_user').where('id', '=', id).execute()
      : admin.db.deleteFrom('team_member').where('user_id', '=', id).execute();

  it('a person has two at a time, over all their sessions; others have theirs', async () => {
    const again = new Browser(admin.url);
    await again.signedIn('admin', ADMIN_PASSWORD);
    await admin.addUser({ name: 'third', password: 'viewer-password', role: 'viewer' });
    const third = new Browser(admin.url);
    await third.signedIn('third', 'viewer-password');
    const running = [await begin(page), await begin(again)];
    const refused = await again.get(PATH);
    expect([refused.status, refused.problem().type]).toEqual([503, 'urn:sluice:problem:too-many-exports']);
    expect(refused.headers.get('retry-after')).toBe('5');
    running.push(await begin(third));
    exporter.closeAllConnections();
    await Promise.all(running.map(({ closed }) => closed));
    answer = (_, response) => response.writeHead(200, { 'content-type': 'text/csv' }).end('x');
    await waitFor(async () => (await page.get(PATH)).status === 200);
  });
});

describe('errors', () => {
  it('a problem of the export service goes through, with its wait', async () => {
    const problem = {
      type: 'urn:sluice:problem:invalid-query',
      title: 'The query of the export is wrong',
      status: 400,
      detail: 'format is missing',
      errors: [{ parameter: 'format', detail: 'is missing', allowed: ['csv', 'jsonl'] }],
    };
    answer = (_, response) => {
      response.writeHead(400, { 'content-type': PROBLEM_TYPE, 'retry-after': '7' });
      response.end(JSON.stringify(problem));
    };
    const got = await page.get('/api/export/requests');
    expect([got.status, got.problem(), got.headers.get('retry-after')]).toEqual([400, problem, '7']);
    expect(got.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect((await page.send('HEAD', '/api/export/requests')).status).toBe(400);
  });

  it.each([
    ['a page', 'text/html', 404, '<h1>hello</h1>'],
    ['no problem', PROBLEM_TYPE, 500, '{"type":1}'],
    ['another status', PROBLEM_TYPE, 500, '{"type":"t","title":"t","status":200,"detail":"d"}'],
    ['endless', PROBLEM_TYPE, 500, ' '.repeat(100_000)],
  ])('what is %s is no export service: 502', async (_, type, status, body) => {
    answer = (__, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
    const got = await page.get(PATH);
    expect([got.status, got.problem().type]).toEqual([502, 'urn:sluice:problem:export-failed']);
    expect(got.text).not.toContain('hello');
  });

  it('an export service that is away is 503 with a wait, and nobody gets there without a session', async () => {
    expect((await new Browser(admin.url).get(PATH)).status).toBe(401);
    expect(seen).toEqual([]);
    answer = (asked) => asked.socket.destroy();
    const got = await page.get(PATH);
    expect([got.status, got.problem().type]).toEqual([503, 'urn:sluice:problem:export-away']);
    expect(got.headers.get('retry-after')).toBe('5');
  });
});
