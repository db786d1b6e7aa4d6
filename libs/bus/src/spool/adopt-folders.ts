// Folders that dead processes left behind -> bookkeeping, with their unfinished intents written out as events.
import { existsSync, statSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BusLog, toErrorFacts } from '../bus-log.js';
import type { EventSpoolOptions } from './event-spool.types.js';
import { FrameEncoder } from './frame.js';
import { FrameScanner, type ScannedFrame } from './frame-scanner.js';
import { SEGMENT_VERSION, SegmentWriter } from './segment-writer.js';
import { SequenceSet, type SequenceRange } from './sequence-set.js';
import type { SpoolFiles } from './spool-files.js';
import { SpoolFolder, type SpooledEvent, type SpoolSegment } from './spool-folder.js';
import { takeSpoolLock } from './spool-lock.js';
import { REQUESTS_CODE, SPOOLED_STREAMS, type SpooledStream } from './spooled-streams.js';

/** Name of the lock file in a spool folder. */
export const LOCK_FILE = 'lock';
const FOLDER_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LEFTOVER_NAME = /^\.[0-9a-f-]{36}\.(new|gone)$/;
const SEGMENT_NAME = /^\d{8}\.seg$/;
const LEFTOVER_AGE_MS = 600_000;
const READ_BYTES = 256 * 1024;

/** A folder that was taken over. */
export interface AdoptedFolder {
  readonly folder: SpoolFolder;
  /** Numbers that were taken and are neither here nor acked. */
  readonly holes: ReadonlyMap<SpooledStream, SequenceRange[]>;
  readonly damagedBytes: number;
}

/**
 * Takes over every folder under `rootDir` that nobody holds. One that cannot be read is logged and left for the next
 * time. Never throws.
 */
export async function adoptFolders(rootDir: string, log: BusLog): Promise<AdoptedFolder[]> {
  const adopted: AdoptedFolder[] = [];
  const names = await readdir(rootDir).catch(() => []);
  for (const name of names) {
    if (LEFTOVER_NAME.test(name)) await removeLeftover(join(rootDir, name));
    if (!FOLDER_NAME.test(name)) continue;
    const dir = join(rootDir, name);
    try {
      const folder = lockFolder(dir, name);
      if (folder !== null) adopted.push(await scanFolder(folder));
    } catch (error) {
      log.error(
        { spoolId: name, ...toErrorFacts(error) },
        'a spool folder cannot be adopted; it is left alone',
      );
    }
  }
  return adopted;
}

function lockFolder(dir: string, spoolId: string): SpoolFolder | null {
  const path = join(dir, LOCK_FILE);
  if (!existsSync(path)) return null;
  const lock = takeSpoolLock(path);
  // Its last owner may have removed it while we waited for the lock.
  if (lock === null || !existsSync(path)) {
    lock?.release();
    return null;
  }
  return SpoolFolder.adopt(dir, spoolId, lock);
}

async function scanFolder(folder: SpoolFolder): Promise<AdoptedFolder> {
  const names = (await readdir(folder.dir)).filter((name) => SEGMENT_NAME.test(name)).sort();
  const stored = SPOOLED_STREAMS.map(() => new SequenceSet());
  let damagedBytes = 0;
  try {
    for (const name of names) {
      const bytes = statSync(join(folder.dir, name)).size;
      const segment = folder.toSegment(Number.parseInt(name, 10), bytes);
      segment.sealed = true;
      folder.addSegment(segment);
      damagedBytes += await scanSegment(segment, stored);
    }
  } catch (error) {
    folder.lock?.release();
    throw error;
  }
  const holes = new Map<SpooledStream, SequenceRange[]>();
  SPOOLED_STREAMS.forEach((stream, code) => {
    const found = folder.holesBeside(code, stored[code] ?? new SequenceSet());
    if (found.length > 0) holes.set(stream, found);
  });
  return { folder, holes, damagedBytes };
}

async function scanSegment(segment: SpoolSegment, stored: readonly SequenceSet[]): Promise<number> {
  const scanner = new FrameScanner({ eventJson: false, intentJson: true });
  const handle = await open(segment.path, 'r');
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  try {
    for (let offset = 0, isLast = false; !isLast;) {
      const { bytesRead } = await handle.read(chunk, 0, READ_BYTES, offset);
      offset += bytesRead;
      isLast = bytesRead === 0 || offset >= segment.bytes;
      for (const frame of scanner.push(chunk.subarray(0, bytesRead), isLast)) {
        noteFrame(frame, segment, stored);
      }
    }
  } finally {
    await handle.close();
  }
  return scanner.damagedBytes;
}

function noteFrame(frame: ScannedFrame, segment: SpoolSegment, stored: readonly SequenceSet[]): void {
  const { folder } = segment;
  switch (frame.kind) {
    case 'header':
      noteHeader(frame.json, folder);
      break;
    case 'intent':
      folder.openIntent(frame.eventId, frame.json, segment);
      break;
    case 'closed':
      folder.closeIntent(frame.eventId);
      break;
    case 'event': {
      const event: SpooledEvent = { ...frame.event, segment };
      const { streamCode, sequence } = event;
      const known = stored[streamCode];
      // Written by a newer version with more streams, which will have to adopt it.
      if (known === undefined) throw new Error(`unknown stream code ${streamCode}`);
      folder.closeIntent(event.eventId);
      folder.noteTaken(streamCode, sequence);
      if (known.add(sequence) && !folder.isSettled(streamCode, sequence)) folder.noteStored(event);
    }
  }
}

interface SegmentHeader {
  readonly version: number;
  readonly last: Readonly<Record<string, number>>;
  readonly bootId: string | null;
}

function noteHeader(json: string, folder: SpoolFolder): void {
  // The CRC says that our own writer made it.
  const { version, last, bootId } = JSON.parse(json) as SegmentHeader;
  if (version !== SEGMENT_VERSION) throw new Error(`segment version ${version} is not known here`);
  folder.bootId = bootId;
  SPOOLED_STREAMS.forEach((stream, code) => {
    folder.noteTaken(code, last[stream] ?? 0);
  });
}

/** What {@link recoverIntents} needs beside the folder. */
export interface RecoverOptions extends Pick<EventSpoolOptions, 'recoverIntent' | 'log'> {
  readonly files: SpoolFiles;
  readonly segmentBytes: number;
}

/**
 * Writes the event of every open intent into the folder, numbers continued, and brings it to the disk before anybody
 * publishes it. Returns how many. What cannot be written stays open: call again later. Never throws.
 */
export async function recoverIntents(folder: SpoolFolder, options: RecoverOptions): Promise<number> {
  if (folder.intents.size === 0) return 0;
  const writer = new SegmentWriter({ folder, ...options });
  const encoder = new FrameEncoder();
  const { spoolId } = folder;
  let recovered = 0;
  try {
    for (const [eventId, intent] of folder.intents) {
      const event = toEvent(eventId, intent.json, { folder, segment: intent.segment, options, encoder });
      const length = event?.length ?? encoder.encodeClosed(eventId);
      const segment = writer.append(encoder.buffer, length);
      folder.closeIntent(eventId);
      if (event === null) continue;
      event.segment = segment;
      folder.noteTaken(event.streamCode, event.sequence);
      folder.noteStored(event);
      recovered += 1;
    }
  } catch (error) {
    options.log.error(
      { spoolId, unfinished: folder.intents.size, ...toErrorFacts(error) },
      'cannot write the unknown events of an adopted spool; they are tried again later',
    );
  }
  for (const error of await writer.close()) {
    options.log.error({ spoolId, ...toErrorFacts(error) }, 'an adopted spool could not be synced');
  }
  return recovered;
}

/**
 * Ends intents whose events are safe elsewhere. What cannot be written stays open, and its event comes a second time,
 * which consumers bear. Never throws.
 */
export async function closeIntents(
  folder: SpoolFolder,
  eventIds: readonly string[],
  options: Pick<RecoverOptions, 'files' | 'segmentBytes' | 'log'>,
): Promise<void> {
  const writer = new SegmentWriter({ folder, ...options });
  const encoder = new FrameEncoder();
  try {
    for (const eventId of eventIds) {
      writer.append(encoder.buffer, encoder.encodeClosed(eventId));
      folder.closeIntent(eventId);
    }
  } catch (error) {
    options.log.error(
      { spoolId: folder.spoolId, ...toErrorFacts(error) },
      'an adopted spool cannot be written',
    );
  }
  await writer.close();
}

function toEvent(
  eventId: string,
  intentJson: string,
  at: { folder: SpoolFolder; segment: SpoolSegment; options: RecoverOptions; encoder: FrameEncoder },
): (SpooledEvent & { length: number }) | null {
  const { folder, segment, options, encoder } = at;
  const sequence = folder.peekSequence(REQUESTS_CODE);
  try {
    const { subject, eventJson } = options.recoverIntent(intentJson, {
      spoolId: folder.spoolId,
      spoolSeq: sequence,
    });
    const event = { streamCode: REQUESTS_CODE, sequence, eventId, subject, json: eventJson, jsonBytes: 0 };
    return { ...event, segment, length: encoder.encodeEvent(event) };
  } catch (error) {
    options.log.error(
      { spoolId: folder.spoolId, eventId, ...toErrorFacts(error) },
      'an intent cannot be turned into an event and is given up',
    );
    return null;
  }
}

/** Half-made and half-removed folders, of processes that died just then. */
async function removeLeftover(path: string): Promise<void> {
  try {
    if (Date.now() - statSync(path).mtimeMs < LEFTOVER_AGE_MS) return;
    await rm(path, { recursive: true, force: true });
  } catch {
    // Somebody else was faster.
  }
}
