import { afterEach, describe, expect, it } from 'vitest';
import { tempDir, waitFor } from '@sluice/testing';
import { EventSpool } from './event-spool.js';
import { GroupCommit } from './group-commit.js';
import { nodeSpoolFiles, type SpoolFiles } from './spool-files.js';

const SUBJECT = 'sluice.v1.request.succeeded';
const quiet = (): void => undefined;
const idOf = (n: number): string => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A spool whose writes are counted, and fail while `broken` is set. */
async function openSpool(options: { segmentBytes?: number; maxEvents?: number } = {}) {
  const dir = await tempDir('sluice-spool-');
  ends.push(() => dir.remove());
  const disk = { broken: false, failOnce: false, writes: 0 };
  const files: SpoolFiles = {
    ...nodeSpoolFiles,
    writeSync: (...args) => {
      disk.writes += 1;
      const fails = disk.broken || disk.failOnce;
      disk.failOnce = false;
      if (fails) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      return nodeSpoolFiles.writeSync(...args);
    },
  };
  const spool = EventSpool.open({
    rootDir: dir.path,
    files,
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    ...(options.maxEvents === undefined
      ? {}
      : { liveQueue: { maxEvents: options.maxEvents, maxBytes: 1e6 } }),
    recoverIntent: () => ({ subject: SUBJECT, eventJson: '{}' }),
    log: { info: quiet, warn: quiet, error: quiet },
  });
  ends.push(() => spool.close());
  return { spool, group: new GroupCommit(spool), disk };
}

const eventJson = (n: number) => (spoolSeq: number) => JSON.stringify({ id: idOf(n), spoolSeq });

describe('a turn of many requests', () => {
  it('is one write, and each intent is stored before its request goes on', async () => {
    const { spool, group, disk } = await openSpool();
    group.appendIntent(idOf(0), '{}', quiet);
    group.flush();
    const before = disk.writes;
    const seen: number[] = [];
    for (let n = 1; n <= 20; n += 1)
      group.appendIntent(idOf(n), '{}', () => seen.push(spool.stats().openIntents));
    group.appendRequestEvent(idOf(0), SUBJECT, eventJson(0));
    expect([seen.length, disk.writes - before]).toEqual([0, 0]);
    await waitFor(() => seen.length === 20, { message: 'the end of the turn' });
    expect(disk.writes - before).toBe(1);
    // All of the group were stored before the first went on; the outcome ended its own intent.
    expect(seen).toEqual(Array.from({ length: 20 }, () => 20));
  });

  it('numbers its events densely and gives them to the publisher in order', async () => {
    const { spool, group } = await openSpool();
    for (let n = 1; n <= 500; n += 1) group.appendRequestEvent(idOf(n), SUBJECT, eventJson(n));
    group.flush();
    const events = spool.takeLive(1000);
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
    expect(events.map(({ json }) => json)).toEqual(
      events.map(({ sequence }) => eventJson(sequence)(sequence)),
    );
  });

  it('that is larger than one group or one segment loses nothing', async () => {
    const { spool, group } = await openSpool({ segmentBytes: 300 * 1024 });
    const pad = 'x'.repeat(100 * 1024);
    for (let n = 1; n <= 12; n += 1) {
      group.appendRequestEvent(idOf(n), SUBJECT, (spoolSeq) => JSON.stringify({ spoolSeq, pad }));
    }
    group.appendRequestEvent(idOf(13), SUBJECT, (spoolSeq) =>
      JSON.stringify({ spoolSeq, pad: pad.repeat(8) }),
    );
    group.flush();
    expect(spool.stats()).toMatchObject({ appended: 13, droppedByStream: { SLUICE_REQUESTS: 0 } });
  });

  it('whose live queue is full comes back whole from the disk', async () => {
    const { spool, group } = await openSpool({ maxEvents: 3 });
    for (let n = 1; n <= 10; n += 1) group.appendRequestEvent(idOf(n), SUBJECT, eventJson(n));
    group.flush();
    const events = spool.takeLive(100);
    while (spool.hasBacklog) events.push(...(await spool.readBacklog()));
    expect(events.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });
});

describe('a disk that fails', () => {
  it('costs exactly the records of the turn, counted one by one, and no request waits for ever', async () => {
    const { spool, group, disk } = await openSpool();
    group.appendRequestEvent(idOf(1), SUBJECT, eventJson(1));
    group.flush();
    disk.broken = true;
    let went = 0;
    for (let n = 2; n <= 6; n += 1) group.appendIntent(idOf(n), '{}', () => (went += 1));
    for (let n = 7; n <= 9; n += 1) group.appendRequestEvent(idOf(n), SUBJECT, eventJson(n));
    group.flush();
    expect([went, spool.stats()]).toMatchObject([
      5,
      { appended: 1, intentsNotStored: 5, droppedByStream: { SLUICE_REQUESTS: 3 }, isStoring: false },
    ]);
    disk.broken = false;
    group.appendRequestEvent(idOf(10), SUBJECT, eventJson(10));
    group.flush();
    expect(spool.takeLive(10).map(({ sequence }) => sequence)).toEqual([1, 5]);
  });

  it('that fails for the group and then heals drops nothing', async () => {
    const { spool, group, disk } = await openSpool();
    group.appendRequestEvent(idOf(1), SUBJECT, eventJson(1));
    group.flush();
    disk.failOnce = true;
    for (let n = 2; n <= 4; n += 1) group.appendRequestEvent(idOf(n), SUBJECT, eventJson(n));
    group.flush();
    expect(spool.stats()).toMatchObject({ appended: 4, droppedByStream: { SLUICE_REQUESTS: 0 } });
    expect(spool.takeLive(10).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });
});

it('one record whose text cannot be made is dropped alone', async () => {
  const { spool, group } = await openSpool();
  group.appendRequestEvent(idOf(1), SUBJECT, eventJson(1));
  group.appendRequestEvent(idOf(2), SUBJECT, () => {
    throw new Error('no text');
  });
  group.appendRequestEvent(idOf(3), SUBJECT, eventJson(3));
  group.flush();
  expect(spool.stats()).toMatchObject({ appended: 2, droppedByStream: { SLUICE_REQUESTS: 1 } });
});

describe('events that are no request’s', () => {
  it('take numbers of their own stream, dense, whatever comes between', async () => {
    const { spool, group } = await openSpool();
    for (let n = 1; n <= 3; n += 1) {
      group.appendRequestEvent(idOf(n), SUBJECT, eventJson(n));
      group.appendEvent('SLUICE_HEALTH', {
        eventId: idOf(10 + n),
        subject: 'sluice.v1.health.p.opened',
        toJson: eventJson(n),
      });
      group.appendEvent('SLUICE_AUDIT', {
        eventId: idOf(20 + n),
        subject: 'sluice.v1.audit.config.reloaded',
        toJson: eventJson(n),
      });
    }
    group.flush();
    const events = [...spool.takeLive(100), ...spool.takeLiveOthers()];
    for (const streamCode of [0, 1, 3]) {
      expect(
        events.filter((event) => event.streamCode === streamCode).map(({ sequence }) => sequence),
      ).toEqual([1, 2, 3]);
    }
  });

  it('that cannot be stored are counted as drops of their own stream', async () => {
    const { spool, group, disk } = await openSpool();
    disk.broken = true;
    group.appendEvent('SLUICE_HEALTH', {
      eventId: idOf(1),
      subject: 'sluice.v1.health.p.opened',
      toJson: eventJson(1),
    });
    group.flush();
    expect(spool.stats().droppedByStream).toEqual({
      SLUICE_REQUESTS: 0,
      SLUICE_AUDIT: 0,
      SLUICE_DEBUG: 0,
      SLUICE_HEALTH: 1,
    });
  });
});
