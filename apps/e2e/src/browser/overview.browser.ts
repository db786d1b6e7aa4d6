import { waitFor } from '@sluice/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dashboard, startDashboard } from './dashboard-under-test.js';

/** The publisher's own flush, the roll-up's, and the page's refresh of 15 s. */
const ROLL_UP_TIMEOUT_MS = 45_000;

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(async () => dashboard[Symbol.asyncDispose]());

const numberIn = (text: string | null): number => Number(/[\d.,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
const tile = (page: Page, label: string) =>
  page
    .locator('dl > div', { has: page.getByText(label, { exact: true }) })
    .locator('dd')
    .first();
const pill = (page: Page, text: RegExp) => page.getByRole('status').filter({ hasText: text });
const isLive = (page: Page) => pill(page, /^Live:/);

describe('the overview', () => {
  it('counts requests that go through the edge: live within seconds, then in the tiles and tables', async () => {
    await using visitor = await dashboard.open('/');
    const { page } = visitor;
    await isLive(page).waitFor();
    const throughput = page.getByTestId('live-throughput');
    expect(numberIn(await throughput.textContent())).toBe(0);

    await dashboard.chat('demo-fast', 12);
    await dashboard.chat('demo-broken', 2);
    await waitFor(async () => numberIn(await throughput.textContent()) > 0, { timeoutMs: 10_000 });
    const drawn = page.getByRole('img', { name: /now .* requests and .* errors per second/ });
    expect(await drawn.locator('canvas').count()).toBe(1);

    await waitFor(async () => (await tile(page, 'Requests').textContent()) === '14', {
      timeoutMs: ROLL_UP_TIMEOUT_MS,
      message: () => dashboard.sluice.logTail('metrics-aggregator'),
    });
    expect(await tile(page, 'Error rate').textContent()).toBe('14 %');
    const models = page.getByRole('region', { name: 'Models' });
    expect(
      await models
        .getByRole('row', { name: /demo-fast/ })
        .getByRole('cell')
        .first()
        .textContent(),
    ).toBe('12');
    expect(await models.getByRole('row', { name: /demo-broken/ }).textContent()).toContain('100 %');
    expect(visitor.complaints()).toEqual([]);
  });

  it('a name in its tables leads to the requests of that name in the same span', async () => {
    await using visitor = await dashboard.open('/?range=6h');
    const { page } = visitor;
    await page.getByRole('region', { name: 'Models' }).getByRole('link', { name: 'demo-broken' }).click();
    await page.waitForURL('**/requests?range=6h&model=demo-broken');
    await waitFor(async () => (await page.locator('tbody tr:has(a)').count()) === 2);
    expect(visitor.complaints()).toEqual([]);
  });

  it('keeps its span in the address, over reload and Back', async () => {
    await using visitor = await dashboard.open('/');
    const { page } = visitor;
    await page.getByRole('radio', { name: 'Last 24 hours' }).click();
    await page.waitForURL('**/?range=24h');
    await page.getByRole('radio', { name: 'Last 31 days' }).click();
    await page.waitForURL('**/?range=31d');
    await page.reload();
    expect(await page.getByRole('radio', { name: 'Last 31 days' }).isChecked()).toBe(true);
    await waitFor(async () => (await tile(page, 'Requests').textContent()) === '14', { timeoutMs: 10_000 });
    await page.goBack();
    await page.waitForURL('**/?range=24h');
    expect(await page.getByRole('radio', { name: 'Last 24 hours' }).isChecked()).toBe(true);
    expect(visitor.complaints()).toEqual([]);
  });

  it('says when live numbers stop, and goes on by itself when they come back', async () => {
    await using visitor = await dashboard.open('/');
    const { page } = visitor;
    await isLive(page).waitFor();
    const pid = [dashboard.sluice.readStartFile().pids['metrics-aggregator'] ?? 0].flat()[0] ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await pill(page, /^(No live numbers|Stale):/).waitFor();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await isLive(page).waitFor();
    expect(visitor.complaints()).toEqual([]);
  });

  it('reconnects by itself after admin-api was killed', async () => {
    await using visitor = await dashboard.open('/');
    const { page } = visitor;
    await isLive(page).waitFor();
    const pid = [dashboard.sluice.readStartFile().pids['admin-api'] ?? 0].flat()[0] ?? 0;
    process.kill(pid, 'SIGKILL');
    await pill(page, /^Reconnecting:/).waitFor();
    await isLive(page).waitFor({ timeout: 30_000 });
  });

  it('loads without moving what was already there', async () => {
    await using visitor = await dashboard.open('/');
    const { page } = visitor;
    await visitor.context.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        // Chromium's entries of this type have a value; the DOM types do not know them.
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(dashboard.url);
    await isLive(page).waitFor();
    await waitFor(async () => (await tile(page, 'Requests').textContent()) === '14', { timeoutMs: 10_000 });
    await page.getByTestId('live-throughput').getByText(/\d/).first().waitFor();
    const shifts = await page.evaluate('shifts');
    expect((shifts as number[]).reduce((sum, value) => sum + value, 0)).toBeLessThan(0.05);
  });
});
