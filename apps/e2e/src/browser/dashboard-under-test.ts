// The dashboard as people meet it: the whole system by its launcher, a browser, and the few steps that many tests share.
import { waitFor } from '@sluice/testing';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type Sluice, startSluice } from '../harness/start-sluice.js';
import { startBrowser, visit, type Visitor } from './watched-browser.js';

const ANSWER_TIMEOUT_MS = 30_000;

/** One running system and one browser, for all tests of a file. */
export interface Dashboard extends AsyncDisposable {
  readonly sluice: Sluice;
  readonly url: string;
  /** A browser that nobody is signed in at. */
  visit(options?: BrowserContextOptions): Promise<Visitor>;
  /** The same, at a page, with a session that all these share: sign-in is slow on purpose. */
  open(path: string, options?: BrowserContextOptions): Promise<Visitor>;
  /** The same, with a session of its own, at the overview. */
  enter(options?: BrowserContextOptions): Promise<Visitor>;
  signIn(page: Page, password?: string): Promise<void>;
  /** Chat requests through the edge, one after the other; gives their request ids. */
  chat(model: string, count?: number): Promise<readonly string[]>;
}

/** Starts both. Needs a build. `await using`, or dispose of it in afterAll. */
export async function startDashboard(): Promise<Dashboard> {
  const [sluice, browser] = await Promise.all([startSluice(), startBrowser()]);
  const url = sluice.adminUrl;
  const signIn = async (page: Page, password = sluice.adminPassword): Promise<void> => {
    await page.getByLabel('User').fill(sluice.adminUser);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  let storageState: StorageState | undefined;
  return {
    sluice,
    url,
    signIn,
    visit: (options) => visit(browser, url, options),
    enter: async (options) => {
      const visitor = await visit(browser, url, options);
      await visitor.page.goto(url);
      await signIn(visitor.page);
      await visitor.page.getByRole('heading', { name: 'Overview' }).waitFor();
      return visitor;
    },
    open: async (path, options) => {
      storageState ??= await enterOnce(browser, url, signIn);
      const visitor = await visit(browser, url, { storageState, ...options });
      await visitor.page.goto(url + path);
      return visitor;
    },
    chat: (model, count = 1) => chat(sluice, model, count),
    [Symbol.asyncDispose]: () => stop(sluice, browser),
  };
}

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;

async function enterOnce(
  browser: Browser,
  url: string,
  signIn: (page: Page) => Promise<void>,
): Promise<StorageState> {
  await using visitor = await visit(browser, url);
  await visitor.page.goto(url);
  await signIn(visitor.page);
  await visitor.page.getByRole('heading', { name: 'Overview' }).waitFor();
  return await visitor.context.storageState();
}

async function chat(sluice: Sluice, model: string, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    const body = { model, messages: [{ role: 'user', content: 'Hello' }] };
    const response = await sluice.post('/v1/chat/completions', body);
    await response.arrayBuffer();
    ids.push(response.headers.get('x-request-id') ?? '');
  }
  await waitUntilLogged(sluice, ids);
  return ids;
}

async function waitUntilLogged(sluice: Sluice, requestIds: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const rows = await sluice.query('select 1 from request_log where request_id = any($1)', [requestIds]);
      return rows.length >= requestIds.length;
    },
    {
      timeoutMs: ANSWER_TIMEOUT_MS,
      message: () => `${requestIds.length} rows; the logger says:\n${sluice.logTail('logger')}`,
    },
  );
}

async function stop(sluice: Sluice, browser: Browser): Promise<void> {
  await browser.close();
  await sluice.stop();
}
