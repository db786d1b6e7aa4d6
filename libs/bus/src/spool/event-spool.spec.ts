import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog, newEventId, recoverIntent, toIntentJson } from '../__fixtures__/request-event.js';
import { EventSpool } from './event-spool.js';
import type { EventSpoolOptions } from './event-spool.types.js';
import { nodeSpoolFiles, type SpoolFiles } from './spool-files.js';
import type { SpooledEvent } from './spool-folder.js';

const SUBJECT = 'sluice.v1.request.succeeded';
const QUICK = { checkpointIntervalMs: 5, fsyncIntervalMs: 5 };

let rootDir: string;
let log: MemoryLog;
const open: EventSpool[] = [];

beforeEach(() => {
  rootDir = mkdtempSync(join(tmpdir(), 'sluice-spool-'));
  log = new MemoryLog();
});
afterEach(async () => {
  for (const spool of open.splice(0)) await spool.close();
  rmSync(rootDir, { recursive: true, force: true });
});

function openSpool(options: Partial<EventSpoolOptions> = {}): EventSpool {
  const spool = EventSpool.open({ rootDir, log, recoverIntent, ...options });
  open.push(spool);
  return spool;
}

function append(spool: EventSpool, bytes = 0): string {
  const eventId = newEventId();
  spool.appendRequestEvent(eventId, SUBJECT, (spoolSeq) =>
    JSON.stringify({ eventId, spoolSeq, pad: 'x'.repeat(bytes) }),
  );
  return eventId;
}

/** Everything that waits for the publisher, live and on disk. */
async function takeAll(spool: EventSpool): Promise<SpooledEvent[]> {
  const events = spool.takeLive(Infinity);
  while (spool.hasBacklog) events.push(...(await spool.readBacklog()));
  return events;
}

const numbersOf = (events: readonly SpooledEvent[]): number[] => events.map(({ sequence }) => sequence);
const countTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** Real files whose writes can be made to fail. */
class FailingFiles implements SpoolFiles {
  failWith: string | null = null;
  /** Bytes of each failing write that reach the disk all the same. */
  partialBytes = 0;
  failSync = false;
  openSync = nodeSpoolFiles.openSync.bind(nodeSpoolFiles);
  ftruncateSync = nodeSpoolFiles.ftruncateSync.bind(nodeSpoolFiles);
  closeSync = nodeSpoolFiles.closeSync.bind(nodeSpoolFiles);
  #partial = false;

  writeSync(...args: Parameters<SpoolFiles['writeSync']>): number {
    const [fd, buffer, offset, length, position] = args;
    if (this.failWith === null) return nodeSpoolFiles.writeSync(...args);
    this.#partial = !this.#partial && this.partialBytes > 0;
    if (!this.#partial) throw failure(this.failWith);
    return nodeSpoolFiles.writeSync(fd, buffer, offset, Math.min(this.partialBytes, length - 1), position);
  }

  fdatasync(fd: number, done: (error: Error | null) => void): void {
    if (this.failSync) done(failure('EIO'));
    else nodeSpoolFiles.fdatasync(fd, done);
  }
}

describe('EventSpool', () => {
  it('numbers events densely from 1, in the order in which they were appended, intents or not', async () => {
    const spool = openSpool();
    const ids = countTo(50).map(() => {
      const eventId = newEventId();
      spool.appendIntent(eventId, toIntentJson(eventId));
      return append(spool);
    });
    const events = await takeAll(spool);
    expect(numbersOf(events)).toEqual(countTo(50));
    expect(events.map(({ eventId }) => eventId)).toEqual(ids);
    expect(JSON.parse(events[6]!.json)).toMatchObject({ spoolSeq: 7 });
  });

  it('gives back from disk, in order, what its memory had no room for', async () => {
    const spool = openSpool({ liveQueue: { maxEvents: 10, maxBytes: 1e6 }, segmentBytes: 20_000 });
    for (let n = 0; n < 300; n += 1) append(spool, 200);
    expect(spool.liveLength).toBe(10);
    const events = await takeAll(spool);
    expect(numbersOf(events)).toEqual(countTo(300));
    expect(events.every((event) => event.json.includes(event.eventId))).toBe(true);
  });

  it('takes live events again once its memory is half empty, and loses none between', async () => {
    const spool = openSpool({ liveQueue: { maxEvents: 8, maxBytes: 1e6 } });
    const taken: SpooledEvent[] = [];
    for (let n = 0; n < 400; n += 1) {
      append(spool);
      if (n % 7 === 0) taken.push(...spool.takeLive(5));
      if (n % 31 === 0) taken.push(...(await spool.readBacklog()));
    }
    taken.push(...(await takeAll(spool)));
    expect(numbersOf(taken).sort((a, b) => a - b)).toEqual(countTo(400));
  });

  it.each([0, 5, 200])(
    'counts to the unit what a full disk swallows (%i bytes of a write still fit)',
    async (partialBytes) => {
      const files = new FailingFiles();
      const spool = openSpool({ files, ...QUICK });
      const stored = [append(spool, 300), append(spool, 300)];
      // Begun before the disk is full, ended after that: dropped, and not unknown later on.
      const begun = [newEventId(), newEventId()];
      for (const eventId of begun) spool.appendIntent(eventId, toIntentJson(eventId));
      Object.assign(files, { failWith: 'ENOSPC', partialBytes });
      for (const eventId of begun) spool.appendRequestEvent(eventId, SUBJECT, () => 'x'.repeat(300));
      for (let n = 0; n < 23; n += 1) append(spool, 300);
      files.failWith = null;
      stored.push(append(spool, 10), append(spool, 300));
      expect(spool.stats()).toMatchObject({
        appended: 4,
        droppedByStream: { SLUICE_REQUESTS: 25 },
        isStoring: true,
      });
      expect(log.of('error')).toEqual([
        'the spool cannot store events; requests go on and drops are counted',
      ]);
      expect(log.lines.at(-1)).toMatchObject({ level: 'warn', facts: { dropped: 25 } });
      await spool.close();
      const heir = openSpool();
      await waitFor(() => heir.hasBacklog);
      const events = await takeAll(heir);
      expect(events.map(({ eventId }) => eventId)).toEqual(stored);
      expect(numbersOf(events)).toEqual([1, 2, 28, 29]);
      expect(heir.stats()).toMatchObject({ damagedBytes: 0, intentsRecovered: 0 });
    },
  );

  it('frees space on a disk so full that not even the checkpoint can be written', async () => {
    const spool = openSpool({ segmentBytes: 2_000, ...QUICK });
    for (let n = 0; n < 40; n += 1) append(spool, 200);
    // In the place of the checkpoint's new file: it can be opened for writing no more.
    const inTheWay = join(rootDir, spool.spoolId, 'checkpoint.json.new');
    mkdirSync(inTheWay);
    for (const event of await takeAll(spool)) spool.acknowledge(event);
    const before = spool.stats().segments;
    await waitFor(() => spool.stats().segments < before);
    rmSync(inTheWay, { recursive: true });
    await waitFor(() => spool.stats().segments === 1);
    expect(log.of('warn').length).toBeLessThanOrEqual(1);
  });

  it('drops and counts when it is full, keeps room for outcomes, and stores again when space is free', async () => {
    const spool = openSpool({ maxBytes: 40_000, segmentBytes: 4_000, ...QUICK });
    for (let n = 0; n < 200; n += 1) {
      const eventId = newEventId();
      spool.appendIntent(eventId, toIntentJson(eventId));
      spool.appendRequestEvent(eventId, SUBJECT, () => 'x'.repeat(300));
    }
    const { appended, droppedByStream, bytes, intentsNotStored } = spool.stats();
    expect(appended + droppedByStream.SLUICE_REQUESTS).toBe(200);
    expect(bytes).toBeLessThanOrEqual(40_000);
    expect(intentsNotStored).toBeGreaterThanOrEqual(droppedByStream.SLUICE_REQUESTS);
    for (const event of await takeAll(spool)) spool.acknowledge(event);
    await waitFor(() => spool.stats().bytes < 5_000);
    append(spool);
    expect(spool.stats()).toMatchObject({ appended: appended + 1, isStoring: true, pending: 1 });
  });

  it('goes on without a folder, and begins to store when it can make one', async () => {
    const blocked = join(rootDir, 'file');
    writeFileSync(blocked, '');
    const spool = openSpool({ rootDir: blocked });
    append(spool);
    spool.appendIntent(newEventId(), '{}');
    expect(spool.stats()).toMatchObject({ droppedByStream: { SLUICE_REQUESTS: 1 }, intentsNotStored: 1 });
    rmSync(blocked);
    await waitFor(() => {
      append(spool);
      return spool.stats().isStoring;
    });
    expect(spool.stats().appended).toBe(1);
  });

  it('never throws at a caller whose event cannot be made or is too large, and counts it', () => {
    const spool = openSpool();
    spool.appendRequestEvent(newEventId(), SUBJECT, () => {
      throw new TypeError('a cycle');
    });
    append(spool, 5 * 1024 * 1024);
    spool.appendRequestEvent('x'.repeat(100), SUBJECT, () => '{}');
    append(spool);
    expect(spool.stats()).toMatchObject({
      appended: 1,
      droppedByStream: { SLUICE_REQUESTS: 3 },
      isStoring: true,
    });
  });

  it('begins a new segment when one cannot be synced', async () => {
    const files = new FailingFiles();
    const spool = openSpool({ files, ...QUICK });
    append(spool);
    files.failSync = true;
    append(spool);
    await waitFor(() => log.of('error').some((line) => line.includes('could not be synced')));
    files.failSync = false;
    append(spool);
    await waitFor(() => spool.stats().segments === 2);
    expect(numbersOf(await takeAll(spool))).toEqual([1, 2, 3]);
  });

  it('removes a segment once all of its events are acked, oldest first, and the folder when nothing is left', async () => {
    const spool = openSpool({ segmentBytes: 2_000, ...QUICK });
    for (let n = 0; n < 40; n += 1) append(spool, 200);
    const events = await takeAll(spool);
    const before = spool.stats().segments;
    for (const event of events.slice(20)) spool.acknowledge(event);
    await waitFor(() =>
      readFileSync(join(rootDir, spool.spoolId, 'checkpoint.json'), 'utf8').includes('[[21,40]]'),
    );
    expect(spool.stats().segments).toBe(before);
    for (const event of events) spool.acknowledge(event);
    await waitFor(() => spool.stats().segments === 1);
    await spool.close();
    expect(readdirSync(rootDir)).toEqual([]);
  });

  it('does not keep old segments for a request that lasts', async () => {
    const spool = openSpool({ segmentBytes: 2_000, ...QUICK });
    const lasting = newEventId();
    spool.appendIntent(lasting, toIntentJson(lasting));
    for (let n = 0; n < 100; n += 1) append(spool, 200);
    for (const event of await takeAll(spool)) spool.acknowledge(event);
    await waitFor(() => spool.stats().segments < 4);
    await spool.close();
    const heir = openSpool();
    await waitFor(() => heir.stats().intentsRecovered === 1);
    const events = await takeAll(heir);
    expect(events).toMatchObject([{ eventId: lasting, sequence: 101, subject: 'sluice.v1.request.unknown' }]);
  });

  it('leaves a folder alone while its owner lives, and adopts it after that', async () => {
    const owner = openSpool();
    append(owner);
    const other = openSpool({ adoptIntervalMs: 5 });
    await waitFor(() => readdirSync(rootDir).length === 2);
    expect(other.stats().adoptedSpools).toBe(0);
    await owner.close();
    await waitFor(() => other.stats().adoptedSpools === 1);
    const [event] = await takeAll(other);
    expect(event?.segment.folder.spoolId).toBe(owner.spoolId);
    other.acknowledge(event!);
    await other.close();
    expect(readdirSync(rootDir)).toEqual([]);
  });

  it('turns an unfinished intent into one unknown event, with the last record of it and the next number', async () => {
    const owner = openSpool();
    const [done, undone] = [newEventId(), newEventId()];
    owner.appendIntent(done, toIntentJson(done));
    owner.appendIntent(undone, '{"eventId":"an earlier version"}');
    owner.appendIntent(undone, toIntentJson(undone));
    owner.appendRequestEvent(done, SUBJECT, () => '{}');
    await owner.close();
    // Twice: the first heir dies before it publishes.
    const first = openSpool();
    await waitFor(() => first.stats().intentsRecovered === 1);
    await first.close();
    const second = openSpool();
    await waitFor(() => second.hasBacklog);
    const events = await takeAll(second);
    expect(events.map(({ eventId, sequence }) => [eventId, sequence])).toEqual([
      [done, 1],
      [undone, 2],
    ]);
    expect(JSON.parse(events[1]!.json)).toMatchObject({
      data: { eventId: undone, spoolId: owner.spoolId, spoolSeq: 2, outcome: 'unknown' },
    });
    expect(second.stats().intentsRecovered).toBe(0);
  });

  it('gives unknown events numbers of its own when the machine went down: those behind the end may be in use', async () => {
    const owner = openSpool({ bootId: 'before' });
    append(owner);
    const undone = newEventId();
    owner.appendIntent(undone, toIntentJson(undone));
    await owner.close();
    const heir = openSpool({ bootId: 'after' });
    append(heir);
    await waitFor(() => heir.stats().intentsRecovered === 1);
    const events = await takeAll(heir);
    const places = events.map(({ segment, sequence }) => [segment.folder.spoolId, sequence]);
    expect(new Set(places.map((place) => place.join()))).toEqual(
      new Set([`${owner.spoolId},1`, `${heir.spoolId},1`, `${heir.spoolId},2`]),
    );
    expect(JSON.parse(events.find(({ eventId }) => eventId === undone)!.json)).toMatchObject({
      data: { spoolId: heir.spoolId, spoolSeq: 2, outcome: 'unknown' },
    });
    await heir.close();
    const second = openSpool({ bootId: 'after' });
    await waitFor(() => second.stats().adoptedPending === 3);
    expect(second.stats().intentsRecovered).toBe(0);
  });

  it('gives up an intent that cannot be turned into an event, once, and goes on', async () => {
    const owner = openSpool();
    owner.appendIntent(newEventId(), 'not JSON');
    const readable = newEventId();
    owner.appendIntent(readable, toIntentJson(readable));
    await owner.close();
    const heir = openSpool();
    await waitFor(() => heir.stats().intentsRecovered === 1);
    expect(log.of('error')).toEqual(['an intent cannot be turned into an event and is given up']);
    await heir.close();
    const second = openSpool();
    await waitFor(() => second.hasBacklog);
    expect((await takeAll(second)).map(({ eventId }) => eventId)).toEqual([readable]);
    expect(log.of('error')).toHaveLength(1);
  });

  it('counts what a damaged segment swallowed as dropped, and delivers what lies behind it', async () => {
    const spool = openSpool({ liveQueue: { maxEvents: 1, maxBytes: 1e6 } });
    for (let n = 0; n < 30; n += 1) append(spool, 100);
    const [segment] = readdirSync(join(rootDir, spool.spoolId)).filter((name) => name.endsWith('.seg'));
    const path = join(rootDir, spool.spoolId, segment!);
    const bytes = readFileSync(path);
    bytes.fill(0x7b, 3_000, 3_400);
    writeFileSync(path, bytes);
    const events = await takeAll(spool);
    for (const event of events) spool.acknowledge(event);
    const { droppedByStream, pending } = spool.stats();
    expect(droppedByStream.SLUICE_REQUESTS).toBeGreaterThan(0);
    expect(events.length + droppedByStream.SLUICE_REQUESTS).toBe(30);
    expect(numbersOf(events)).toContain(30);
    expect(pending).toBe(0);
    expect(log.of('error')).toEqual([
      'a spool segment is damaged; what cannot be read is counted as dropped',
    ]);
  });

  it('publishes again only what has no PubAck, after a restart', async () => {
    const owner = openSpool(QUICK);
    for (let n = 0; n < 20; n += 1) append(owner);
    for (const event of (await takeAll(owner)).slice(0, 15)) owner.acknowledge(event);
    await owner.close();
    const heir = openSpool();
    await waitFor(() => heir.hasBacklog);
    expect(numbersOf(await takeAll(heir))).toEqual([16, 17, 18, 19, 20]);
  });

  it('publishes everything again when the checkpoint is damaged', async () => {
    const owner = openSpool(QUICK);
    for (let n = 0; n < 5; n += 1) append(owner);
    owner.acknowledge((await takeAll(owner))[0]!);
    await owner.close();
    const path = join(rootDir, owner.spoolId, 'checkpoint.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('[[1,1]]', '[[1,5]]'));
    const heir = openSpool();
    await waitFor(() => heir.hasBacklog);
    expect(numbersOf(await takeAll(heir))).toEqual(countTo(5));
  });

  it('ignores folders that are none of its own', async () => {
    mkdirSync(join(rootDir, 'lost+found'));
    writeFileSync(join(rootDir, 'note.txt'), '');
    const spool = openSpool({ adoptIntervalMs: 5 });
    append(spool);
    expect(numbersOf(await takeAll(spool))).toEqual([1]);
    expect(log.lines).toEqual([]);
  });
});
