// Signing in and out against the built service with a real Postgres.
import type { Session } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

let admin: TestAdmin;
beforeAll(async () => {
  admin = await startTestAdmin();
});
afterAll(() => admin.close());

const browser = () => new Browser(admin.url);

describe('200', () => {
  it('the first user signs in, is told who it is, and signs out', async () => {
    const page = browser();
    const answer = await page.signIn('ADMIN', ADMIN_PASSWORD);
    expect(answer.text).toContain('"user":"admin"');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^sluice_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const session = (await page.get('/api/session')).json<Session>();
    expect(session).toMatchObject({ user: 'admin', role: 'admin', teams: null });
    const out = await page.send('DELETE', '/api/session');
    expect(out.status).toBe(204);
    expect((await page.get('/api/session')).status).toBe(401);
  });
});
