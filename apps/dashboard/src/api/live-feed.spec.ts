import type { LiveNumbers } from '@sluice/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIVE_WINDOW_MS, LiveFeed, type LiveSource } from './live-feed.js';

const START_MS = Date.parse('2026-11-23T12:00:00.000Z');

/** The server's side of an event stream. */
class PlayedSource implements LiveSource {
  readyState = 1;
  isClosed = false;
  private readonly listeners = new Map<string, (event: Event) => void>();

  addEventListener(type: string, listener: (event: Event) => void): void {
    this.listeners.set(type, listener);
  }
  close(): void {
    this.isClosed = true;
    this.readyState = 2;
  }
  say(type: string, data?: unknown): void {
    const event = data === undefined ? new Event(type) : new MessageEvent(type, { data });
    this.listeners.get(type)?.(event);
  }
  tell(atMs: number, requestsPerSecond = 1): void {
    this.say('message', JSON.stringify(numbers(atMs, requestsPerSecond)));
  }
}

function numbers(atMs: number, requestsPerSecond: number): LiveNumbers {
  const total = { requestsPerSecond, tokensPerSecond: 0, errorsPerSecond: 0, latencyMs: { p50: 1, p95: 2 } };
  return { at: new Date(atMs).toISOString(), spanSeconds: 60, instance: 'one', total, series: [] };
}

let sources: PlayedSource[];
let refusals: number;
let feed: LiveFeed;
const latest = (): PlayedSource => sources.at(-1) ?? new PlayedSource();

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  sources = [];
  refusals = 0;
  feed = new LiveFeed({
    open: () => {
      const source = new PlayedSource();
      sources.push(source);
      return source;
    },
    now: () => Date.now(),
    onRefused: () => (refusals += 1),
  });
});
afterEach(() => vi.useRealTimers());

describe('the live feed', () => {
  it('connects once, however many look, and hangs up when the last has gone', () => {
    const leave = [feed.subscribe(() => undefined), feed.subscribe(() => undefined)];
    expect(sources).toHaveLength(1);
    leave[0]?.();
    expect(latest().isClosed).toBe(false);
    leave[1]?.();
    expect(latest().isClosed).toBe(true);
  });

  it('keeps the window that is shown, and no more', () => {
    feed.subscribe(() => undefined);
    latest().tell(START_MS);
    latest().tell(START_MS + LIVE_WINDOW_MS);
    expect(feed.getState().points).toHaveLength(2);
    latest().tell(START_MS + LIVE_WINDOW_MS + 1000);
    expect(feed.getState().points.map(({ atMs }) => atMs - START_MS)).toEqual([
      LIVE_WINDOW_MS,
      LIVE_WINDOW_MS + 1000,
    ]);
  });

  it('says that numbers are stale after 5 s of silence, and live with the next', () => {
    feed.subscribe(() => undefined);
    latest().tell(START_MS);
    vi.advanceTimersByTime(5_000);
    expect(feed.getState().status).toBe('live');
    vi.advanceTimersByTime(1_000);
    expect(feed.getState().status).toBe('stale');
    latest().tell(START_MS + 7_000);
    expect(feed.getState().status).toBe('live');
  });

  it.each([
    ['nats', 'nats-away'],
    ['publisher', 'publisher-away'],
  ])('says why nothing comes: %s', (reason, status) => {
    feed.subscribe(() => undefined);
    latest().say('away', JSON.stringify({ reason }));
    vi.advanceTimersByTime(20_000);
    expect(feed.getState().status).toBe(status);
  });

  it('leaves a broken connection to the browser, and opens another when the browser gives up: later each time', () => {
    feed.subscribe(() => undefined);
    latest().readyState = 0;
    latest().say('error');
    expect([feed.getState().status, refusals]).toEqual(['offline', 0]);
    for (const waitMs of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const before = sources.length;
      latest().readyState = 2;
      latest().say('error');
      vi.advanceTimersByTime(waitMs - 1);
      expect(sources).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sources).toHaveLength(before + 1);
    }
    expect(refusals).toBe(6);
    latest().tell(START_MS);
    expect(feed.getState().status).toBe('live');
  });

  it('asks about the session when the server ends the stream', () => {
    feed.subscribe(() => undefined);
    latest().say('ended', JSON.stringify({ reason: 'session' }));
    expect([latest().isClosed, refusals]).toEqual([true, 1]);
  });

  it.each(['not json', '{}', '{"at":"yesterday"}'])('takes no harm from %s', (data) => {
    feed.subscribe(() => undefined);
    latest().say('message', data);
    expect(feed.getState().points).toEqual([]);
  });

  it('opens nothing after everybody has left', () => {
    const leave = feed.subscribe(() => undefined);
    latest().readyState = 2;
    latest().say('error');
    leave();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});
