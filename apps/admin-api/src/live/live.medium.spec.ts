// Live numbers from a real NATS through the built service to streams of server-sent events.
import { connectNats, type NatsLink } from '@sluice/bus/publishing';
import { LIVE_SUBJECT, type LiveNumbers, liveNumbersSchema } from '@sluice/contracts';
import { startTestNats, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { openEvents, type SentEvent } from '../__fixtures__/open-events.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const NOTHING = { p50: null, p95: null };
const numbers = (instance: string, requestsPerSecond: number): LiveNumbers => ({
  at: new Date().toISOString(),
  spanSeconds: 60,
  instance,
  total: { requestsPerSecond, tokensPerSecond: 0, errorsPerSecond: 0, latencyMs: NOTHING },
  series: [],
});
const rateOf = (event: SentEvent | undefined): number =>
  liveNumbersSchema.parse(JSON.parse(event?.data ?? '')).total.requestsPerSecond;

let nats: TestServer;
let admin: TestAdmin;
let link: NatsLink;
let page: Browser;
let publishing: NodeJS.Timeout;
let rate = 1;

const publish = (value: LiveNumbers | string): void => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  link.connection()?.publish(LIVE_SUBJECT, text);
};

beforeAll(async () => {
  nats = await startTestNats();
  admin = await startTestAdmin({ NATS_URL: nats.url });
  link = connectNats({ url: nats.url, name: 'test', log: quiet });
  await link.ready;
  page = new Browser(admin.url);
  await page.signedIn('admin', ADMIN_PASSWORD);
});
beforeEach(() => {
  rate = 1;
  publishing = setInterval(() => publish(numbers('one', rate)), 100);
});
afterEach(() => clearInterval(publishing));
afterAll(async () => {
  await link.close();
  await admin.close();
  await nats.stop();
});

const watch = (who = page) => openEvents(`${admin.url}/api/live`, who.cookie ?? '');

describe('200', () => {
  it('every client gets what is published, beginning with what was last', async () => {
    const streams = await Promise.all([watch(), watch(), watch()]);
    expect(streams.map((stream) => [stream.status, stream.type])).toEqual(
      streams.map(() => [200, 'text/event-stream; charset=utf-8']),
    );
    rate = 42;
    for (const stream of streams) {
      await waitFor(() => stream.events.some((event) => event.type === 'message' && rateOf(event) === 42));
    }
    clearInterval(publishing);
    const late = await watch();
    expect(rateOf(await waitFor(() => late.events[0]))).toBe(42);
    for (const stream of [...streams, late]) stream.close();
  });

  it('of several publishers one is heard, and what is no live numbers is nobody to hear', async () => {
    const stream = await watch();
    await waitFor(() => stream.events.length > 0);
    publish(numbers('another', 1_000));
    publish('no numbers');
    publish('{"total":1}');
    rate = 7;
    await waitFor(() => stream.events.some((event) => rateOf(event) === 7));
    expect(stream.events.map(rateOf)).not.toContain(1_000);
    stream.close();
  });

  it('no publisher: the stream stays, says so, and goes on by itself', async () => {
    const stream = await watch();
    await waitFor(() => stream.events.length > 0);
    clearInterval(publishing);
    const away = await waitFor(() => stream.events.find((event) => event.type === 'away'), {
      timeoutMs: 10_000,
    });
    expect(JSON.parse(away.data)).toEqual({ reason: 'publisher' });
    publish(numbers('another', 8));
    await waitFor(() => stream.events.at(-1)?.type === 'message' && rateOf(stream.events.at(-1)) === 8);
    stream.close();
  });

  it('NATS away: streams stay, say so, and go on when it is back', async () => {
    const stream = await watch();
    await waitFor(() => stream.events.length > 0);
    await nats.kill();
    const away = await waitFor(() => stream.events.find((event) => event.type === 'away'), {
      timeoutMs: 10_000,
    });
    expect(JSON.parse(away.data)).toEqual({ reason: 'nats' });
    // Ready all the same: everything else works.
    const { status, body } = await admin.service.readyz();
    expect([status, JSON.parse(body)]).toMatchObject([200, { dependencies: { nats: { ok: false } } }]);
    const late = await watch();
    expect(await waitFor(() => late.events[0])).toMatchObject({ type: 'away' });
    await nats.restart();
    rate = 9;
    for (const each of [stream, late]) {
      await waitFor(() => each.events.at(-1)?.type === 'message' && rateOf(each.events.at(-1)) === 9, {
        timeoutMs: 15_000,
      });
      each.close();
    }
  }, 45_000);
});

describe('the end', () => {
  it('a sign-out ends the stream within seconds, and leaves those of others', async () => {
    const other = new Browser(admin.url);
    await other.signedIn('admin', ADMIN_PASSWORD);
    const [mine, others] = [await watch(), await watch(other)];
    await page.send('DELETE', '/api/session');
    await waitFor(() => mine.isEnded, { timeoutMs: 10_000 });
    expect(mine.events.at(-1)).toEqual({ type: 'ended', data: '{"reason":"session"}' });
    expect(others.isEnded).toBe(false);
    others.close();
    page = other;
  });
});

describe('401, 403, 503', () => {
  it('nobody, and who sees some teams only, gets no live numbers', async () => {
    await admin.addUser({ name: 'viewer', password: 'viewer-password', role: 'viewer', teams: ['red'] });
    const viewer = new Browser(admin.url);
    await viewer.signedIn('viewer', 'viewer-password');
    expect((await viewer.get('/api/live')).status).toBe(403);
    expect((await new Browser(admin.url).get('/api/live')).status).toBe(401);
  });

  it('the 101st stream is refused with a wait, and has room when another has gone', async () => {
    const streams = await Promise.all(Array.from({ length: 100 }, () => watch()));
    expect(streams.every((stream) => stream.status === 200)).toBe(true);
    const refused = await page.get('/api/live');
    expect([refused.status, refused.problem().type]).toEqual([503, 'urn:sluice:problem:too-busy']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    streams[0]!.close();
    await waitFor(async () => {
      const next = await watch();
      next.close();
      return next.status === 200;
    });
    for (const stream of streams) stream.close();
  });
});
