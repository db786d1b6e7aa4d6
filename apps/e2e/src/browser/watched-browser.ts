// A real browser whose every complaint is kept: console errors, crashes, refused policies, calls to other origins.
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { findChromium } from './browser.config.js';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  ...['--disable-sync', '--no-first-run', '--disable-quic', '--disable-dev-shm-usage'],
];
const ACTION_TIMEOUT_MS = 15_000;
/** What Chromium says of any answer of 400 and more; a test that expects such answers takes these lines away. */
const FAILED_LOAD = /^Failed to load resource: the server responded with a status of (\d+)/;

/** The machine got or lost an interface (containers do that): Chromium breaks every call under way, whatever the page does. */
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';

/** Debian's Chromium with a profile of its own, which is removed when it is closed. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: FLAGS, headless: true });
}

/** One person's browser: cookies and storage of its own. */
export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong so far, each with what it is. */
  complaints(): readonly string[];
  /** Takes away what is known of answers with this status: the test wanted them. */
  expectStatus(status: number): void;
}

/** Opens a page at `origin`, watched from its first moment. */
export async function visit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  let complaints: string[] = [];
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} in ${event.sourceFile}`);
    });
  });
  const watch = (page: Page): void => {
    page.on('console', (message) => {
      const isComplaint = message.type() === 'error' || message.type() === 'warning';
      if (isComplaint && !message.text().includes(NETWORK_CHANGED)) {
        complaints.push(`console: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => complaints.push(`crash: ${error.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== 'blob:') complaints.push(`call to ${url.origin}`);
    });
  };
  context.on('page', watch);
  const page = await context.newPage();
  return {
    context,
    page,
    complaints: () => complaints,
    expectStatus: (status) => {
      complaints = complaints.filter(
        (line) => FAILED_LOAD.exec(line.replace('console: ', ''))?.[1] !== String(status),
      );
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}
