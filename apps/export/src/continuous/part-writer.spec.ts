import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RequestCompleted } from '@sluice/contracts';
import { createLogger } from '@sluice/service-kit';
import { requestCompleted, requestsOfSpool, tempDir, type TempDir } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PartWriter, STATE_FILE } from './part-writer.js';

const HOUR_MS = 3_600_000;
const TEN = Date.UTC(2026, 10, 22, 10, 59, 59);
const NAME = 'requests-2026-11-22T10';

let dir: TempDir;
let nowMs: number;
let writer: PartWriter;
const open = () =>
  new PartWriter({
    folder: join(dir.path, 'exports'),
    log: createLogger({ service: 'test', instance: 'test', level: 'silent' }),
    now: () => nowMs,
  });
beforeEach(async () => {
  dir = await tempDir();
  nowMs = TEN;
  writer = open();
});
afterEach(async () => {
  await writer.close();
  await dir.remove();
});

const path = (file: string) => join(dir.path, 'exports', file);
const linesOf = (file: string): RequestCompleted[] =>
  readFileSync(path(file), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RequestCompleted);
const append = (events: readonly RequestCompleted[], dead: { spoolId: string; spoolSeq: number }[] = []) =>
  writer.append({ events, dead });

/** As after a kill: the same folder under a new writer, which nobody told anything. */
async function restart(between: () => void = () => undefined): Promise<void> {
  await writer.close();
  between();
  writer = open();
}

describe('PartWriter', () => {
  it('writes an event as it is, and the same event again not at all, also after a restart', async () => {
    const events = requestsOfSpool(5);
    expect(await append(events)).toMatchObject({ appended: 5, duplicates: 0 });
    expect(await append([...events, ...events])).toMatchObject({ appended: 0, duplicates: 10 });
    await restart();
    expect(await append(events)).toMatchObject({ appended: 0 });
    expect(linesOf(`${NAME}.jsonl.part`)).toEqual(events);
  });

  it('cuts a part back to what is committed, so that half a line of a crash is gone and comes again', async () => {
    const events = requestsOfSpool(4);
    await append(events.slice(0, 2));
    // More than what is appended next, so that writing over it would not hide it.
    const lines = `${JSON.stringify(events[2])}\n`.repeat(4);
    await restart(() => appendFileSync(path(`${NAME}.jsonl.part`), `${lines}{"eventId":"ha`));
    expect(await append(events)).toMatchObject({ appended: 2, duplicates: 2 });
    expect(linesOf(`${NAME}.jsonl.part`)).toEqual(events);
  });

  it('gives a part its final name when the hour is over, and never writes to it again', async () => {
    const [first, second] = requestsOfSpool(2);
    await append([first!]);
    await writer.roll();
    expect(existsSync(path(`${NAME}.jsonl`))).toBe(false);
    nowMs += HOUR_MS;
    await writer.roll();
    await append([first!, second!]);
    expect(linesOf(`${NAME}.jsonl`)).toEqual([first]);
    expect(linesOf('requests-2026-11-22T11.jsonl.part')).toEqual([second]);
    // A clock that is set back does not bring a finished file back.
    nowMs += HOUR_MS;
    await writer.roll();
    nowMs -= HOUR_MS;
    const third = requestCompleted();
    await append([third]);
    expect(linesOf('requests-2026-11-22T11.jsonl')).toEqual([second]);
    expect(linesOf('requests-2026-11-22T11.2.jsonl.part')).toEqual([third]);
  });

  it('finishes a rename that the state did not hear of', async () => {
    const events = requestsOfSpool(2);
    await append([events[0]!]);
    await restart(() => renameSync(path(`${NAME}.jsonl.part`), path(`${NAME}.jsonl`)));
    nowMs += HOUR_MS;
    await append(events);
    expect(linesOf(`${NAME}.jsonl`)).toEqual([events[0]]);
    expect(linesOf('requests-2026-11-22T11.jsonl.part')).toEqual([events[1]]);
  });

  it('a dead number is no line; when its event is replayed it becomes one', async () => {
    const [event] = requestsOfSpool(1);
    const { spoolId, spoolSeq } = event!;
    await append([], [{ spoolId, spoolSeq }]);
    expect(readdirSync(path('.'))).not.toContain(`${NAME}.jsonl.part`);
    expect(await append([event!])).toMatchObject({ appended: 1 });
    expect(await append([event!], [{ spoolId, spoolSeq }])).toMatchObject({ appended: 0 });
  });

  it('a second writer on the same folder is refused by name', async () => {
    await append(requestsOfSpool(1));
    const other = open();
    await expect(other.append({ events: requestsOfSpool(1), dead: [] })).rejects.toThrow(STATE_FILE);
    await append(requestsOfSpool(1));
    expect(linesOf(`${NAME}.jsonl.part`)).toHaveLength(2);
  });

  it('keeps a part that somebody shortened, and one whose state was deleted, under another name', async () => {
    const events = requestsOfSpool(3);
    await append(events.slice(0, 1));
    await restart(() => truncateSync(path(`${NAME}.jsonl.part`), 3));
    await append(events.slice(1, 2));
    await restart(() => rmSync(path(STATE_FILE)));
    await append(events.slice(2));
    expect(linesOf(`${NAME}.jsonl.part`)).toEqual([events[2]]);
    const names = readdirSync(path('.')).join();
    expect(names).toMatch(/damaged-/);
    expect(names).toMatch(/unknown-/);
  });
});
