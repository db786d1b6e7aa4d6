import { createLogger } from '@sluice/service-kit';
import { ALL_TEAMS } from '@sluice/storage';
import { FakeClock } from '@sluice/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../sign-in/caller.js';
import { RunningDownloads } from './running-downloads.js';

const caller = (userName: string, more: Partial<Caller> = {}): Caller => ({
  userName,
  role: 'viewer',
  scope: { kind: 'teams', teamIds: ['blue', 'red'] },
  tokenHash: `hash-of-${userName}`,
  expiresAt: new Date(0),
  ...more,
});

let clock: FakeClock;
let asked: (readonly string[])[];
let callersNow: () => Promise<ReadonlyMap<string, Caller>>;
let downloads: RunningDownloads;
beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  downloads = new RunningDownloads({
    findCallers: (tokenHashes) => {
      asked.push(tokenHashes);
      return callersNow();
    },
    log: createLogger({ service: 't', instance: 't', level: 'silent' }),
    now: clock.now,
  });
});
const now = (...callers: Caller[]): void => {
  callersNow = () => Promise.resolve(new Map(callers.map((one) => [one.tokenHash, one])));
};

describe('the running downloads', () => {
  it('go on while their session does and sees the same, with one question for all', async () => {
    const signals = [caller('ana'), caller('ana'), caller('bea')].map((one) => downloads.begin(one).signal);
    now(caller('ana'), caller('bea', { expiresAt: new Date(1) }));
    await downloads.check();
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false]);
    expect(asked).toEqual([['hash-of-ana', 'hash-of-bea']]);
  });

  it.each([
    ['has ended', undefined],
    ['has another role', caller('ana', { role: 'operator' })],
    ['sees other teams', caller('ana', { scope: { kind: 'teams', teamIds: ['blue'] } })],
    ['sees none', caller('ana', { scope: { kind: 'teams', teamIds: [] } })],
    ['sees all', caller('ana', { scope: ALL_TEAMS })],
  ])('one whose session %s is ended, the others are not', async (_, ana) => {
    const [ofAna, ofBea] = [downloads.begin(caller('ana')).signal, downloads.begin(caller('bea')).signal];
    now(caller('bea'), ...(ana === undefined ? [] : [ana]));
    await downloads.check();
    expect([ofAna.aborted, ofBea.aborted]).toEqual([true, false]);
    expect(ofAna.reason).toMatchObject({ kind: 'not-signed-in' });
  });

  it('while nobody knows of the sessions they go on for a minute, no longer', async () => {
    const { signal } = downloads.begin(caller('ana'));
    callersNow = () => Promise.reject(new Error('the database is away'));
    await clock.advance(60_000);
    await downloads.check();
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    await downloads.check();
    expect(signal.aborted).toBe(true);
  });

  it('a person has two at a time, and the next when one has ended; nobody is asked about what has', async () => {
    const first = downloads.begin(caller('ana'));
    const second = downloads.begin(caller('ana', { tokenHash: 'another session' }));
    const third = () => downloads.begin(caller('ana'));
    expect(third).toThrow(expect.objectContaining({ kind: 'too-many-exports', retryAfterS: 5 }));
    first.end();
    first.end();
    const next = third();
    expect(third).toThrow();
    next.end();
    second.end();
    await downloads.check();
    expect(asked).toEqual([]);
  });
});
