// What holds on every page: it can be used without eyes or a mouse, fits its window, and shows what others wrote as text.
import axe from 'axe-core';
import { waitFor } from '@sluice/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dashboard, startDashboard } from './dashboard-under-test.js';

let dashboard: Dashboard;
let detailPath: string;
beforeAll(async () => {
  dashboard = await startDashboard();
  await dashboard.chat('demo-fast', 3);
  await dashboard.chat('demo-broken');
  const [id] = await dashboard.chat('demo-failover');
  const [row] = await dashboard.sluice.query('select event_id from request_log where request_id = $1', [id]);
  detailPath = `/requests/${String(row?.['event_id'])}`;
});
afterAll(async () => dashboard[Symbol.asyncDispose]());

/** Each page with something that is there only once it has its data. */
const PAGES = [
  {
    name: 'overview',
    path: () => '/',
    isThere: (page: Page) => page.getByRole('status').filter({ hasText: /^Live:/ }),
  },
  { name: 'list', path: () => '/requests', isThere: (page: Page) => page.locator('tbody tr a').first() },
  {
    name: 'request',
    path: () => detailPath,
    isThere: (page: Page) => page.getByText('Facts', { exact: true }),
  },
  {
    name: 'unknown page',
    path: () => '/nowhere',
    isThere: (page: Page) => page.getByText('There is no such page'),
  },
];

describe.each(PAGES)('the $name', ({ path, isThere }) => {
  it.each(['light', 'dark'] as const)('has no fault that axe finds, in the %s theme', async (colorScheme) => {
    await using visitor = await dashboard.open(path(), { colorScheme, reducedMotion: 'reduce' });
    const { page } = visitor;
    await isThere(page).waitFor();
    expect(await findFaults(page)).toEqual([]);
    expect(visitor.complaints()).toEqual([]);
  });

  it.each([
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ])('fits a window of $width px', async (viewport) => {
    await using visitor = await dashboard.open(path(), { viewport });
    const { page } = visitor;
    await isThere(page).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
  });

  it('can be entered by keyboard past the menu', async () => {
    await using visitor = await dashboard.open(path());
    const { page } = visitor;
    await isThere(page).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
  });
});

it('the sign-in page has no fault that axe finds', async () => {
  await using visitor = await dashboard.visit();
  await visitor.page.goto(dashboard.url);
  await visitor.page.getByLabel('Password').waitFor();
  expect(await findFaults(visitor.page)).toEqual([]);
  expect(visitor.complaints()).toEqual([]);
});

it('a chosen theme outlives a reload and is there before the first paint', async () => {
  await using visitor = await dashboard.open('/', { colorScheme: 'light' });
  const { page } = visitor;
  await page.getByRole('radio', { name: 'Dark theme' }).check();
  await page.reload({ waitUntil: 'commit' });
  // A locator: waitForFunction evaluates text, which the page's policy refuses as soon as it holds.
  await page.locator('body').waitFor({ state: 'attached' });
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
  expect(visitor.complaints()).toEqual([]);
});

describe('what others wrote', () => {
  const HOSTILE = [
    `<img src=x onerror="globalThis.wasHit=1">`,
    `<script>globalThis.wasHit=1</script>`,
    `"><svg onload=globalThis.wasHit=1>`,
    `' autofocus onfocus=globalThis.wasHit=1 x='`,
    'javascript:globalThis.wasHit=1',
    '{{constructor.constructor("globalThis.wasHit=1")()}}',
    '${globalThis.wasHit=1}',
    '</title><iframe srcdoc="<script>parent.wasHit=1</script>">',
    '\u202Egnp.exe\u200b',
    'W'.repeat(240),
  ];

  it('is shown as text in list, overview and request, and runs nowhere', async () => {
    await plant(HOSTILE);
    await using visitor = await dashboard.open('/requests?outcome=cancelled', {
      viewport: { width: 1440, height: 900 },
    });
    const { page } = visitor;
    await waitFor(async () => (await page.locator('tbody tr:has(a)').count()) === HOSTILE.length, {
      timeoutMs: 10_000,
    });
    const listed = await page.locator('tbody').textContent();
    for (const text of HOSTILE) expect(listed).toContain(text);
    await page.goto(`${dashboard.url}/?range=24h`);
    for (const text of HOSTILE)
      await page.getByRole('region', { name: 'Models' }).getByText(text, { exact: true }).waitFor();
    await checkHarmless(page);

    for (const row of await dashboard.sluice.query(
      "select event_id, requested_model from request_log where outcome = 'cancelled'",
    )) {
      await page.goto(`${dashboard.url}/requests/${String(row['event_id'])}`);
      await page.getByText('Facts', { exact: true }).waitFor();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(row['requested_model']);
      await checkHarmless(page);
    }
    expect(visitor.complaints()).toEqual([]);
  });

  async function checkHarmless(page: Page): Promise<void> {
    expect(await page.evaluate('globalThis.wasHit')).toBe(undefined);
    expect(
      await page.locator('#root :is(img, iframe, script, object, [onerror], [onload], [onfocus])').count(),
    ).toBe(0);
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
  }

  /** A row of the log for each text, with it in every field that can hold it, and the minute's roll-up of it. */
  async function plant(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await dashboard.sluice.query(
        `insert into request_log select (jsonb_populate_record(r, jsonb_build_object(
           'event_id', gen_random_uuid(), 'request_id', $1::text, 'key_name', $1::text, 'requested_model', $1::text,
           'provider', $1::text, 'provider_model', $1::text, 'error_message', $1::text, 'error_code', $1::text,
           'endpoint', $1::text, 'trace_id', $1::text, 'outcome', 'cancelled',
           'attempts', (select jsonb_agg(a || jsonb_build_object('provider', $1::text, 'providerModel', $1::text, 'errorCode', $1::text))
             from jsonb_array_elements(r.attempts) a)))).*
         from request_log r where requested_model = 'demo-failover' limit 1`,
        [text],
      );
      await dashboard.sluice.query(
        `insert into metric_minute select (jsonb_populate_record(m, jsonb_build_object('model', $1::text, 'provider', $1::text,
           'team_id', $1::text))).* from metric_minute m where outcome = 'succeeded' limit 1`,
        [text],
      );
    }
  }
});

async function findFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(async () =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return results.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary}`).join(' | ')}`,
  );
}
