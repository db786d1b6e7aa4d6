import { readFileSync } from 'node:fs';
import { waitFor } from '@sluice/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dashboard, startDashboard } from './dashboard-under-test.js';

const PAGE_ROWS = 50;

let dashboard: Dashboard;
let fastIds: readonly string[];
beforeAll(async () => {
  dashboard = await startDashboard();
  await dashboard.chat('demo-broken', 3);
  await dashboard.chat('demo-failover', 2);
  fastIds = await dashboard.chat('demo-fast', PAGE_ROWS + 5);
});
afterAll(async () => dashboard[Symbol.asyncDispose]());

const rows = (page: Page) => page.locator('tbody tr:has(a)');

describe('the list', () => {
  it('shows requests that went through the edge, newest first', async () => {
    await using visitor = await dashboard.open('/requests');
    const { page } = visitor;
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(PAGE_ROWS);
    const newest = await rows(page).first().textContent();
    expect(newest).toContain(fastIds.at(-1));
    expect(newest).toContain('demo-fast');
    expect(visitor.complaints()).toEqual([]);
  });

  it('keeps every filter in the address: over reload, in another tab, and Back undoes the last', async () => {
    await using visitor = await dashboard.open('/requests');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await page.getByRole('combobox', { name: 'Outcome' }).click();
    await page.getByRole('option', { name: 'failed' }).click();
    await page.waitForURL('**/requests?outcome=failed');
    await page.getByRole('combobox', { name: 'Model' }).fill('demo-broken');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/requests?outcome=failed&model=demo-broken');
    await page.getByRole('button', { name: /^Time/ }).click();
    await page.getByRole('button', { name: 'Last 24 hours' }).click();
    await page.waitForURL('**/requests?range=24h&outcome=failed&model=demo-broken');
    await waitFor(async () => (await rows(page).count()) === 3, { timeoutMs: 10_000 });

    await page.reload();
    await waitFor(async () => (await rows(page).count()) === 3, { timeoutMs: 10_000 });
    expect(await page.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('demo-broken');
    const other = await visitor.context.newPage();
    await other.goto(page.url());
    await waitFor(async () => (await rows(other).count()) === 3, { timeoutMs: 10_000 });

    await page.goBack();
    await page.waitForURL('**/requests?outcome=failed&model=demo-broken');
    await page.goBack();
    await page.waitForURL('**/requests?outcome=failed');
    expect(await page.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('');
    expect(visitor.complaints()).toEqual([]);
  });

  it('finds one request by its id, and says when nothing matches', async () => {
    await using visitor = await dashboard.open(`/requests?requestId=${fastIds[7]}`);
    const { page } = visitor;
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(1);
    await page.goto(`${dashboard.url}/requests?model=no-such-model`);
    await page.getByText('Nothing matches these filters').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await rows(page).first().waitFor();
    expect(visitor.complaints()).toEqual([]);
  });

  it('pages to older requests and back, without a gap or a repeat', async () => {
    await using visitor = await dashboard.open('/requests?model=demo-fast');
    const { page } = visitor;
    await rows(page).first().waitFor();
    const first = await rows(page)
      .locator('a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    await page.getByRole('button', { name: 'Older' }).click();
    await page.waitForURL('**cursor=**');
    await waitFor(async () => (await rows(page).count()) === 5, { timeoutMs: 10_000 });
    const second = await rows(page)
      .locator('a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(new Set([...first, ...second]).size).toBe(PAGE_ROWS + 5);
    expect(await page.getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
    await page.goBack();
    await waitFor(async () => (await rows(page).count()) === PAGE_ROWS, { timeoutMs: 10_000 });
    expect(visitor.complaints()).toEqual([]);
  });

  it('that is followed shows new requests by itself', async () => {
    await using visitor = await dashboard.open('/requests');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await page.getByRole('button', { name: 'Follow' }).click();
    const [id = ''] = await dashboard.chat('demo-fast');
    await page.getByText(id).waitFor({ state: 'attached' });
    expect(visitor.complaints()).toEqual([]);
  });

  it.each([
    { name: /^CSV/, read: (text: string) => text.trim().split(/\r?\n/).length - 1 },
    { name: /^JSON Lines/, read: (text: string) => text.trim().split('\n').length },
  ])('exports what its filters find as $name', async ({ name, read }) => {
    await using visitor = await dashboard.open('/requests?outcome=failed&model=demo-broken');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.(csv|jsonl)$/);
    const text = readFileSync(await download.path(), 'utf8');
    expect(read(text)).toBe(3);
    expect(text).toContain('demo-broken');
    expect(visitor.complaints()).toEqual([]);
  });

  it('is walked with the arrow keys, and Enter opens', async () => {
    await using visitor = await dashboard.open('/requests?model=demo-failover');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await rows(page).locator('a').first().focus();
    await page.keyboard.press('ArrowDown');
    const href = await rows(page).locator('a').nth(1).getAttribute('href');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${href}`);
    expect(visitor.complaints()).toEqual([]);
  });
});

describe('a request', () => {
  it('shows each attempt of a failover: who was called, what came of it', async () => {
    await using visitor = await dashboard.open('/requests?model=demo-failover');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await rows(page).first().click();
    const attempts = page
      .getByRole('region', { name: 'Attempts' })
      .getByRole('listitem')
      .filter({ hasText: 'demo-chat' });
    await attempts.first().waitFor();
    expect(await attempts.count()).toBe(2);
    expect(await attempts.first().textContent()).toMatch(/demo-chat\+fault=503.*next route.*503/);
    expect(await attempts.last().textContent()).toMatch(/served.*200/);
    expect(visitor.complaints()).toEqual([]);
  });

  it('says which routes there were, in which order, what became of each, and what its errors mean', async () => {
    await using visitor = await dashboard.open('/requests?model=demo-failover');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await rows(page).first().click();
    const routes = page.getByRole('region', { name: 'Routes' }).locator('tbody tr');
    await routes.first().waitFor();
    expect(await routes.count()).toBe(2);
    expect(await routes.first().textContent()).toMatch(/^1demodemo-chat\+fault=503called, failed\$0\.0/);
    expect(await routes.last().textContent()).toMatch(/^2demodemo-chatserved\$0\.0/);
    const attempts = page.getByRole('region', { name: 'Attempts' });
    await attempts.getByText('The provider said that it is overloaded').waitFor();
    expect(visitor.complaints()).toEqual([]);
  });

  it('leads back to the list as it was filtered', async () => {
    await using visitor = await dashboard.open('/requests?outcome=failed&model=demo-broken');
    const { page } = visitor;
    await rows(page).first().waitFor();
    await rows(page).first().click();
    await page.getByRole('heading', { name: 'demo-broken' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Requests' }).click();
    await page.waitForURL('**/requests?outcome=failed&model=demo-broken');
    expect(visitor.complaints()).toEqual([]);
  });

  it('has an id that can be copied', async () => {
    await using visitor = await dashboard.open(`/requests?requestId=${fastIds[0]}`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const { page } = visitor;
    await rows(page).first().waitFor();
    await rows(page).first().click();
    await page.getByRole('button', { name: 'Copy request id' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(fastIds[0]);
    expect(visitor.complaints()).toEqual([]);
  });

  it.each(['01a20000-0000-7000-8000-000000000000', 'not-an-id'])(
    '%s that nobody knows is said to be unknown',
    async (id) => {
      await using visitor = await dashboard.open(`/requests/${id}`);
      const { page } = visitor;
      await page.getByText('There is no such request').waitFor();
      visitor.expectStatus(404);
      visitor.expectStatus(400);
      expect(visitor.complaints()).toEqual([]);
    },
  );
});
