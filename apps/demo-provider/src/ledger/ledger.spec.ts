import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttemptSet } from './attempt-set.js';
import { Ledger, type LedgerOptions } from './ledger.js';
import type { OpenServing, Serving } from './serving.js';

let dir: TempDir;
beforeEach(async () => {
  dir = await tempDir();
});
afterEach(() => dir.remove());

const open = (more: Partial<LedgerOptions> = {}): Ledger => new Ledger({ directory: dir.path, ...more });

const serving = (attemptId: string, more: Partial<OpenServing> = {}): OpenServing => ({
  attemptId,
  startedAt: '2026-01-01T00:00:00.000Z',
  model: 'demo-chat',
  endpoint: '/v1/chat/completions',
  stream: false,
  status: 200,
  promptTokens: 10,
  completionTokens: 5,
  bytesSent: 100,
  ended: 'complete',
  fault: null,
  ...more,
});

const serve = (ledger: Ledger, attemptId: string, more: Partial<OpenServing> = {}): void => {
  const entry = serving(attemptId, more);
  ledger.end(ledger.begin(entry), entry);
};

async function lines(ledger: Ledger, after = 0, limit = Infinity): Promise<Serving[]> {
  let text = '';
  for await (const block of ledger.read(after, limit)) text += block;
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Serving);
}
const ids = async (ledger: Ledger, after = 0, limit = Infinity): Promise<string[]> =>
  (await lines(ledger, after, limit)).map(({ attemptId }) => attemptId);

describe('totals', () => {
  it('sum all, complete and succeeded servings apart, and count attempts once', () => {
    const ledger = open();
    serve(ledger, 'a.1');
    serve(ledger, 'a.1');
    serve(ledger, 'b.1', { status: 400, promptTokens: 0, completionTokens: 0 });
    serve(ledger, 'c.1', { ended: 'fault', fault: 'cut:1' });
    serve(ledger, 'd.1', { ended: 'client_gone', completionTokens: 2 });
    expect(ledger.readTotals()).toMatchObject({
      all: { servings: 5, promptTokens: 40, completionTokens: 17, bytesSent: 500 },
      complete: { servings: 3, promptTokens: 20, completionTokens: 10 },
      succeeded: { servings: 2, promptTokens: 20, completionTokens: 10 },
      clientGone: { servings: 1, completionTokens: 2 },
      fault: { servings: 1 },
      distinctAttemptIds: 4,
      distinctAttemptIdsExact: true,
      open: 0,
      forgotten: 0,
      writeErrors: 0,
    });
    ledger.close();
  });
});

describe('after a kill -9 (nothing was closed)', () => {
  it('every ended serving is there, with the same totals', async () => {
    const killed = open({ entriesPerSegment: 3 });
    for (let index = 0; index < 10; index += 1) serve(killed, `a.${index}`);
    serve(killed, 'odd "\\ é');
    for (let index = 0; index < 5; index += 1) serve(killed, `a.${index}`);
    const next = open({ entriesPerSegment: 3 });
    expect(next.readTotals()).toEqual(killed.readTotals());
    expect(await lines(next)).toEqual(await lines(killed));
    serve(next, 'after.1');
    expect(next.readTotals().distinctAttemptIds).toBe(12);
    expect((await lines(next, 16)).map(({ seq, attemptId }) => [seq, attemptId])).toEqual([[17, 'after.1']]);
  });

  it('a serving that had begun is on record as killed, even when its segment is no longer the newest', async () => {
    const killed = open({ entriesPerSegment: 2 });
    killed.begin(serving('inflight.1', { stream: true }));
    for (let index = 0; index < 5; index += 1) serve(killed, `a.${index}`);
    const next = open({ entriesPerSegment: 2 });
    expect((await lines(next)).at(-1)).toMatchObject({
      attemptId: 'inflight.1',
      stream: true,
      ended: 'fault',
      fault: 'killed',
      status: 0,
    });
    expect(next.readTotals()).toMatchObject({ all: { servings: 6 }, open: 0 });
    expect(open({ entriesPerSegment: 2 }).readTotals()).toMatchObject({ all: { servings: 6 } });
  });

  it('a line that was being written is cut off, and an empty file is no obstacle', async () => {
    const killed = open();
    serve(killed, 'a.1');
    const [name] = readdirSync(dir.path);
    appendFileSync(join(dir.path, name!), '{"seq":2,"serving":2,"attemptId":"torn');
    writeFileSync(join(dir.path, 'ledger-000000000002.jsonl'), '');
    const next = open();
    serve(next, 'b.1');
    expect(await ids(next)).toEqual(['a.1', 'b.1']);
    expect(readFileSync(join(dir.path, name!), 'utf8')).not.toContain('torn');
  });

  it('a file that is no ledger is refused by name, not overwritten', () => {
    writeFileSync(join(dir.path, 'ledger-000000000001.jsonl'), 'my diary\n');
    expect(() => open()).toThrow(/ledger-000000000001\.jsonl is not a ledger/);
  });
});

describe('pages', () => {
  it('any page of any segment is exactly what was asked for', async () => {
    const ledger = open({ entriesPerSegment: 1500 });
    for (let index = 1; index <= 4000; index += 1) serve(ledger, `a.${index}`);
    const expected = (after: number, limit: number): string[] =>
      Array.from(
        { length: Math.max(0, Math.min(limit, 4000 - after)) },
        (_, index) => `a.${after + index + 1}`,
      );
    for (const [after, limit] of [
      [0, 10],
      [1023, 3],
      [1024, 3],
      [1499, 2],
      [1500, 1600],
      [3990, 100],
      [4000, 5],
      [9999, 5],
    ] as const) {
      expect(await ids(ledger, after, limit), `after ${after}`).toEqual(expected(after, limit));
    }
    expect(await ids(ledger)).toEqual(expected(0, 4000));
    ledger.close();
  });

  it('hold names of any characters', async () => {
    const ledger = open();
    const odd = 'a"b\\c\nd\u2028é😀';
    serve(ledger, odd, { model: odd });
    expect(await lines(ledger)).toMatchObject([{ attemptId: odd, model: odd }]);
    ledger.close();
  });
});

describe('bounds', () => {
  it('the oldest lines go, a segment at a time, their sums stay and the loss is told', async () => {
    const ledger = open({ mostEntries: 20, entriesPerSegment: 10 });
    for (let index = 1; index <= 55; index += 1) serve(ledger, `a.${index}`);
    const { all, forgotten } = ledger.readTotals();
    expect(all).toMatchObject({ servings: 55, promptTokens: 550 });
    expect(forgotten).toBe(30);
    expect((await ids(ledger))[0]).toBe('a.31');
    expect(open({ mostEntries: 20, entriesPerSegment: 10 }).readTotals().all).toEqual(all);
  });

  it('clear forgets all, but a serving in flight ends in the new ledger', async () => {
    const ledger = open();
    serve(ledger, 'a.1');
    const flying = serving('b.1');
    const number = ledger.begin(flying);
    ledger.clear();
    expect(ledger.readTotals()).toMatchObject({ all: { servings: 0 }, open: 1, distinctAttemptIds: 0 });
    ledger.end(number, flying);
    expect(await lines(ledger)).toMatchObject([{ seq: 1, attemptId: 'b.1' }]);
    ledger.close();
  });

  it('a line that cannot be written is counted and told, and the provider goes on', () => {
    const told: number[] = [];
    const ledger = open({ onWriteError: (_error, count) => told.push(count) });
    ledger.close();
    serve(ledger, 'a.1');
    expect(ledger.readTotals()).toMatchObject({ writeErrors: 2, all: { servings: 1 } });
    expect(told).toEqual([1]);
  });
});

describe('the set of attempt ids', () => {
  it('counts each of 100,000 ids once, however often it comes', () => {
    const set = new AttemptSet(1_000_000);
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 100_000; index += 1) set.add(`0198a0b0-0000-7000-8000-${index}.1`);
    }
    expect(set.size).toBe(100_000);
    expect(set.isExact).toBe(true);
  });

  it('says so when it is full', () => {
    const set = new AttemptSet(2);
    for (const id of ['a', 'b', 'c']) set.add(id);
    expect([set.size, set.isExact]).toEqual([2, false]);
  });
});
