// Signing in and out against the built service with a real Postgres.
import { sessionSchema } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, Browser } from '../__fixtures__/browser.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let admin: TestAdmin;
beforeAll(async () => {
  admin = await startTestAdmin();
});
afterAll(() => admin.close());

const browser = () => new Browser(admin.url);
const HALF_HOUR_MS = 30 * 60_000;

describe('200', () => {
  it('the first user signs in however the name is written, is told who it is, and signs out for good', async () => {
    const page = browser();
    const answer = await page.signIn('ADMIN', ADMIN_PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^sluice_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const session = sessionSchema.parse((await page.get('/api/session')).json());
    expect(session).toMatchObject({ user: 'admin', role: 'admin', teams: null });
    const endsInMs = Date.parse(session.expiresAt) - Date.now();
    expect(endsInMs).toBeGreaterThan(HALF_HOUR_MS - 60_000);
    expect(endsInMs).toBeLessThanOrEqual(HALF_HOUR_MS);
    const out = await page.send('DELETE', '/api/session');
    expect([out.status, out.text]).toEqual([204, '']);
    expect(out.headers.get('set-cookie')).toMatch(/^sluice_session=;.*Max-Age=0$/);
    // The cookie that somebody has kept is worth nothing.
    expect((await page.get('/api/session')).status).toBe(401);
  });

  it('an empty body is accepted whatever its content type', async () => {
    for (const type of ['application/json', 'text/plain', 'odd', 'multipart/form-data; boundary=x']) {
      const page = browser();
      await page.signedIn('admin', ADMIN_PASSWORD);
      const out = await page.send('DELETE', '/api/session', { headers: { 'content-type': type } });
      expect([type, out.status]).toEqual([type, 204]);
    }
  });

  it('the database has neither the password nor the token', async () => {
    const page = browser();
    await page.signedIn('admin', ADMIN_PASSWORD);
    const token = page.cookie!.split('=')[1]!;
    const users = JSON.stringify(await admin.db.selectFrom('app_user').selectAll().execute());
    const sessions = JSON.stringify(await admin.db.selectFrom('user_session').selectAll().execute());
    expect(users + sessions + admin.service.text).not.toContain(ADMIN_PASSWORD);
    expect(sessions + admin.service.text).not.toContain(token);
    expect(sessions).toMatch(/"token_hash":"[0-9a-f]{64}"/);
  });

  it('several pages of one person have sessions of their own', async () => {
    const [first, second] = [browser(), browser()];
    await first.signedIn('admin', ADMIN_PASSWORD);
    await second.signedIn('admin', ADMIN_PASSWORD);
    await first.send('DELETE', '/api/session');
    expect((await second.get('/api/session')).status).toBe(200);
  });
});

describe('401', () => {
  it('an unknown user and a wrong password have the same answer, after the same work', async () => {
    const [unknown, wrong] = [
      await browser().signIn('nobody', 'some password'),
      await browser().signIn('admin', 'some password'),
    ];
    expect([unknown.status, unknown.text]).toEqual([401, wrong.text]);
    expect(wrong.problem().type).toBe('urn:sluice:problem:sign-in-failed');
    expect(unknown.headers.get('set-cookie')).toBeNull();
    const fastest = async (user: string): Promise<number> => {
      const times: number[] = [];
      for (let run = 0; run < 3; run += 1) {
        const startedAt = performance.now();
        await browser().signIn(user, 'some password');
        times.push(performance.now() - startedAt);
      }
      return Math.min(...times);
    };
    const [ofUnknown, ofKnown] = [await fastest('somebody'), await fastest('admin')];
    // A look into the table takes a few milliseconds, the password's check over fifty.
    expect(Math.abs(ofUnknown - ofKnown)).toBeLessThan(Math.max(ofKnown, ofUnknown) * 0.7);
  });

  it('a session that was idle for half an hour, or began half a day ago, has ended', async () => {
    for (const column of ['last_seen_at', 'created_at'] as const) {
      const page = browser();
      await page.signedIn('admin', ADMIN_PASSWORD);
      const ago = column === 'last_seen_at' ? HALF_HOUR_MS : 12 * 60 * 60_000;
      await admin.db
        .updateTable('user_session')
        .set({ [column]: new Date(Date.now() - ago - 1_000) })
        .execute();
      expect((await page.get('/api/session')).status).toBe(401);
    }
  });

  it('use keeps a session alive, and is noted once a minute at most', async () => {
    await admin.db.deleteFrom('user_session').execute();
    const page = browser();
    await page.signedIn('admin', ADMIN_PASSWORD);
    const seenAt = async () =>
      (await admin.db.selectFrom('user_session').select('last_seen_at').executeTakeFirstOrThrow())
        .last_seen_at;
    const first = await seenAt();
    await page.get('/api/session');
    expect(await seenAt()).toEqual(first);
    await admin.db
      .updateTable('user_session')
      .set({ last_seen_at: new Date(Date.now() - 61_000) })
      .execute();
    await page.get('/api/session');
    expect((await seenAt()).getTime()).toBeGreaterThanOrEqual(first.getTime());
  });

  it.each([
    ['none', {}],
    ['of another form', { cookie: 'sluice_session=abc' }],
    ['empty', { cookie: 'sluice_session=' }],
    ['of nobody', { cookie: `sluice_session=${'A'.repeat(43)}` }],
    ['with SQL', { cookie: `sluice_session=' or 1=1 --${'A'.repeat(32)}` }],
    ['twice', { cookie: `sluice_session=${'A'.repeat(43)}; sluice_session=${'B'.repeat(43)}` }],
    ['a key of the data plane as bearer', { authorization: 'Bearer sk-slc-abc-def' }],
    ['a key of the data plane as x-api-key', { 'x-api-key': 'sk-slc-abc-def' }],
    ['a key of the data plane as cookie', { cookie: 'sluice_session=sk-slc-abc-def' }],
  ])('a session that is %s is nobody', async (_, headers) => {
    const answer = await browser().get('/api/session', headers);
    expect([answer.status, answer.problem().type]).toEqual([401, 'urn:sluice:problem:not-signed-in']);
  });

  it("a person's new role counts at once, and a person who is gone has no session", async () => {
    const id = await admin.addUser({ name: 'eve', password: 'eves-password', role: 'operator' });
    const page = browser();
    await page.signedIn('eve', 'eves-password');
    await admin.db.updateTable('app_user').set({ role: 'viewer' }).where('id', '=', id).execute();
    expect((await page.get('/api/session')).json()).toMatchObject({ role: 'viewer' });
    await admin.db.deleteFrom('app_user').where('id', '=', id).execute();
    expect((await page.get('/api/session')).status).toBe(401);
  });
});

describe('403', () => {
  it('a write with the cookie from another site, or from no site, changes nothing', async () => {
    const page = browser();
    await page.signedIn('admin', ADMIN_PASSWORD);
    const { host } = new URL(admin.url);
    for (const origin of [
      'http://evil.example',
      'null',
      '',
      `http://${host}.evil.example`,
      `http://${host}/`,
      `ftp://${host}`,
      `http://evil.example@${host}`,
      `${admin.url} http://evil.example`,
    ]) {
      const answer = await page.send('DELETE', '/api/session', { headers: { origin } });
      expect([origin, answer.status, answer.problem().type]).toEqual([
        origin,
        403,
        'urn:sluice:problem:wrong-origin',
      ]);
    }
    const without = await page.raw('DELETE', '/api/session', { cookie: page.cookie! });
    expect(without.status).toBe(403);
    expect((await page.get('/api/session')).status).toBe(200);
  });

  it('a sign-in from another site is refused, and one without an Origin is not', async () => {
    const json = { user: 'admin', password: ADMIN_PASSWORD };
    const foreign = await browser().send('POST', '/api/session', {
      json,
      headers: { origin: 'http://evil.example' },
    });
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
    const answer = await fetch(`${admin.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
    expect(answer.status).toBe(200);
  });
});

describe('400', () => {
  it.each([
    [{ user: 'admin' }, 'password', 'is missing'],
    [{ user: '', password: 'p' }, 'user', 'does not fit'],
    [{ user: 7, password: 'p' }, 'user', 'does not fit'],
    [{ user: 'a\0', password: 'p' }, 'user', 'does not fit'],
    [{ user: 'admin', password: 'x'.repeat(1025) }, 'password', 'does not fit'],
    [{ user: 'admin', password: 'p', role: 'admin' }, 'role', 'is not known here'],
    [{ user: 'admin', password: 'p', constructor: { prototype: {} } }, 'constructor', 'is not known here'],
    [[], 'body', 'is not an object'],
    ['"text"', 'body', 'is not an object'],
  ])('%j names the field and shows no value', async (json, parameter, detail) => {
    const answer = await browser().send('POST', '/api/session', { json });
    expect([answer.status, answer.problem().errors]).toMatchObject([400, [{ parameter, detail }]]);
    expect(answer.text).not.toContain('xxxx');
  });

  it('an unknown field is told with those that are known', async () => {
    const answer = await browser().send('POST', '/api/session', {
      json: '{"user":"a","password":"p","__proto__":{"role":"admin"}}',
    });
    expect([answer.status, answer.problem().errors]).toMatchObject([
      400,
      [{ parameter: '__proto__', allowed: ['user', 'password'] }],
    ]);
  });

  it('what is no JSON is told so, and no body is missing fields', async () => {
    for (const json of ['{', 'user=admin', '\ud800']) {
      const answer = await browser().send('POST', '/api/session', { json });
      expect([answer.status, answer.problem().type]).toEqual([400, 'urn:sluice:problem:bad-request']);
    }
    const empty = await browser().send('POST', '/api/session');
    expect(empty.problem().errors?.map((error) => error.parameter)).toEqual(['user', 'password']);
  });
});

describe('413 and 415', () => {
  it('a body that is too large, or is no JSON by its type, is refused', async () => {
    const large = await browser().send('POST', '/api/session', { json: { user: 'x'.repeat(20_000) } });
    expect([large.status, large.problem().type]).toEqual([413, 'urn:sluice:problem:too-large']);
    const form = await browser().send('POST', '/api/session', {
      json: '{"user":"admin","password":"p"}',
      headers: { 'content-type': 'text/plain' },
    });
    expect([form.status, form.problem().type]).toEqual([415, 'urn:sluice:problem:unsupported-media-type']);
  });
});

describe('429', () => {
  /** All at once, so that a slow machine does not earn new tries meanwhile; the first answer that says to wait. */
  const firstRefusal = (tries: readonly Promise<Answer>[]): Promise<Answer> =>
    Promise.any(
      tries.map(async (attempt) => {
        const answer = await attempt;
        if (answer.status !== 429) throw new Error(`it was answered ${answer.status}`);
        return answer;
      }),
    );

  it('guessing is slowed down by user, however the name is written, and a wait is told', async () => {
    const name = 'guessed';
    await admin.addUser({ name, password: 'guessed-password', role: 'viewer' });
    const tries = Array.from({ length: 14 }, (_, index) =>
      browser().signIn(index % 2 === 0 ? 'GUESSED' : name, 'wrong'),
    );
    const refusal = await firstRefusal(tries);
    expect(refusal.problem().type).toBe('urn:sluice:problem:too-many-sign-ins');
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    // Not even the right one: else guessing would go on.
    expect((await browser().signIn(name, 'guessed-password')).status).toBe(429);
    expect((await Promise.all(tries)).map((answer) => answer.status)).not.toContain(200);
  });

  it('guessing is slowed down by address, whatever the names', async () => {
    const tries = Array.from({ length: 30 }, (_, index) => browser().signIn(`user-${index}`, 'wrong'));
    expect((await firstRefusal(tries)).status).toBe(429);
    await Promise.all(tries);
  });
});
