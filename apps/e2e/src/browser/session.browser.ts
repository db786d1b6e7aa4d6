import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dashboard, startDashboard } from './dashboard-under-test.js';

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(async () => dashboard[Symbol.asyncDispose]());

describe('signing in', () => {
  it('with a wrong password says so, keeps the user and shows nothing', async () => {
    await using visitor = await dashboard.visit();
    const { page } = visitor;
    await page.goto(dashboard.url);
    await dashboard.signIn(page, 'not-the-password');
    await page.getByRole('alert').getByText('User or password is wrong.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    expect(await page.getByLabel('User').inputValue()).toBe('admin');
    expect(await page.getByLabel('Password').evaluate((input) => input === document.activeElement)).toBe(
      true,
    );
    visitor.expectStatus(401);
    expect(visitor.complaints()).toEqual([]);
  });

  it('leads to the overview', async () => {
    await using visitor = await dashboard.visit();
    const { page } = visitor;
    await page.goto(dashboard.url);
    await page.waitForURL('**/sign-in');
    await dashboard.signIn(page);
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    expect(visitor.complaints()).toEqual([]);
  });

  it('leads back to the address that was asked for, with its filters', async () => {
    await using visitor = await dashboard.visit();
    const { page } = visitor;
    const address = '/requests?range=24h&outcome=failed&model=demo-broken';
    await page.goto(dashboard.url + address);
    await page.waitForURL('**/sign-in?**');
    await dashboard.signIn(page);
    await page.waitForURL(dashboard.url + address);
    expect(visitor.complaints()).toEqual([]);
  });

  it.each(['https://example.com/', '//example.com/', '/\\example.com', 'javascript:alert(1)'])(
    'never leads to %s',
    async (next) => {
      await using visitor = await dashboard.visit();
      const { page } = visitor;
      await page.goto(`${dashboard.url}/sign-in?next=${encodeURIComponent(next)}`);
      await dashboard.signIn(page);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      expect(new URL(page.url()).origin).toBe(dashboard.url);
      expect(visitor.complaints()).toEqual([]);
    },
  );
});

describe('a session', () => {
  it('that ended elsewhere leads to sign-in at the next reload, and back to where one was', async () => {
    await using visitor = await dashboard.enter();
    const { page } = visitor;
    const address = `${dashboard.url}/requests?range=6h`;
    await page.goto(address);
    await page.getByRole('heading', { name: 'Requests' }).waitFor();
    await dashboard.sluice.query('delete from user_session');
    await page.reload();
    await page.waitForURL('**/sign-in?**');
    await dashboard.signIn(page);
    await page.waitForURL(address);
    visitor.expectStatus(401);
    expect(visitor.complaints()).toEqual([]);
  });

  it('that ended elsewhere takes what was shown away with the next call, without a reload', async () => {
    const [id] = await dashboard.chat('demo-fast');
    await using visitor = await dashboard.enter();
    const { page } = visitor;
    await page.goto(`${dashboard.url}/requests?requestId=${id}`);
    await page.locator('tbody tr:has(a)').waitFor();
    await dashboard.sluice.query('delete from user_session');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByLabel('Password').waitFor();
    expect(await page.content()).not.toContain(id);
    visitor.expectStatus(401);
    expect(visitor.complaints()).toEqual([]);
  });

  it('that is signed out has ended on the server too, and Back shows nothing', async () => {
    await using visitor = await dashboard.enter();
    const { page } = visitor;
    const cookies = await visitor.context.cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const ask = async (): Promise<number> =>
      (await fetch(`${dashboard.url}/api/requests`, { headers: { cookie } })).status;
    expect(await ask()).toBe(200);
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.getByRole('heading', { name: 'Requests' }).waitFor();
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect(await ask()).toBe(401);
    await page.goBack();
    await page.getByLabel('Password').waitFor();
    expect(visitor.complaints()).toEqual([]);
  });

  it('is a cookie that no script can read, and nothing of it lies in storage', async () => {
    await using visitor = await dashboard.enter();
    const { page } = visitor;
    const [cookie] = await visitor.context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    const seen = await page.evaluate(() =>
      [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join(),
    );
    expect(seen).not.toContain(cookie?.value);
    expect(seen).not.toContain(dashboard.sluice.adminPassword);
  });
});
