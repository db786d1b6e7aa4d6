// What this provider served, by attempt id: the oracle of every test that counts. A file, because an oracle that forgets
// when its process is killed would accuse the gateway; two writes a serving, because an answer must be on record before
// anyone can have seen all of it.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AttemptSet } from './attempt-set.js';
import { LedgerSegment } from './ledger-segment.js';
import type { LedgerTotals, OpenServing } from './serving.js';
import { Totals } from './totals.js';

/** Where the ledger is and how long it may become. */
export interface LedgerOptions {
  readonly directory: string;
  /** Lines of ended servings that are kept, about; the oldest go first, a segment at a time. Default 2 million (0.7 GB). */
  readonly mostEntries?: number;
  /** Default 65,536 (about 20 MB). */
  readonly entriesPerSegment?: number;
  /** Told of the first line that could not be written, and of each 1000th. */
  readonly onWriteError?: (error: unknown, writeErrors: number) => void;
  readonly now?: () => Date;
}

const DEFAULT_MOST_ENTRIES = 2_000_000;
const DEFAULT_ENTRIES_PER_SEGMENT = 65_536;
const SEGMENT_NAME = /^ledger-\d{12}\.jsonl$/;

const openLineSchema = z.object({
  open: z.number(),
  attemptId: z.string(),
  model: z.string(),
  endpoint: z.string(),
  stream: z.boolean(),
  startedAt: z.string(),
});

const entryLineSchema = z.object({
  serving: z.number(),
  attemptId: z.string(),
  status: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  bytesSent: z.number(),
  ended: z.enum(['complete', 'client_gone', 'fault']),
});

type EntryLine = z.infer<typeof entryLineSchema>;

/** The ledger of one process. Two processes must not share a directory. */
export class Ledger {
  private readonly segments: LedgerSegment[] = [];
  /** Servings that have an open line and no end yet, by number. */
  private readonly openServings = new Map<number, OpenServing>();
  private totals = new Totals();
  private attempts: AttemptSet;
  private lastSeq = 0;
  private lastNumber = 0;
  private writeErrors = 0;
  private readonly mostEntries: number;
  private readonly entriesPerSegment: number;

  /** Reads what an earlier process left; servings that died with it become `fault` / `killed`. Throws when it cannot. */
  constructor(private readonly options: LedgerOptions) {
    this.mostEntries = options.mostEntries ?? DEFAULT_MOST_ENTRIES;
    this.entriesPerSegment = options.entriesPerSegment ?? DEFAULT_ENTRIES_PER_SEGMENT;
    this.attempts = this.newAttemptSet();
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.reopen();
    if (this.segments.length === 0) this.startSegment();
    this.endKilled();
  }

  /** Puts a serving on record before its answer begins. Gives the number to end it with. */
  begin(serving: OpenServing): number {
    this.lastNumber += 1;
    this.openServings.set(this.lastNumber, serving);
    this.append(toOpenLine(this.lastNumber, serving), false);
    return this.lastNumber;
  }

  /** Records the end of a serving. `number` is what {@link begin} gave; undefined when it never began to answer. */
  end(number: number | undefined, serving: OpenServing): void {
    if (number !== undefined) this.openServings.delete(number);
    else this.lastNumber += 1;
    const endedAt = (this.options.now?.() ?? new Date()).toISOString();
    this.totals.add(serving);
    this.attempts.add(serving.attemptId);
    const seq = this.lastSeq + 1;
    // A line that could not be written takes no number: numbers in the files are dense.
    if (this.append(toEntryLine(serving, { seq, number: number ?? this.lastNumber, endedAt }), true))
      this.lastSeq = seq;
    if ((this.segments.at(-1)?.entryCount ?? 0) >= this.entriesPerSegment) this.startSegment();
  }

  /** Sums since the ledger was begun or cleared. */
  readTotals(): LedgerTotals {
    return {
      ...this.totals.snapshot(),
      open: this.openServings.size,
      distinctAttemptIds: this.attempts.size,
      distinctAttemptIdsExact: this.attempts.isExact,
      forgotten: (this.segments[0]?.firstSeq ?? 1) - 1,
      writeErrors: this.writeErrors,
    };
  }

  /** Lines of the servings that ended after number `after`, oldest first, in blocks; memory does not grow with the answer. */
  async *read(after: number, limit: number): AsyncGenerator<string> {
    let left = limit;
    for (const segment of [...this.segments]) {
      if (left === 0) return;
      for await (const lines of segment.read(after, left)) {
        left -= countLines(lines);
        yield lines;
      }
    }
  }

  /** Forgets everything, numbers included. Servings in flight stay and end in the new ledger. */
  clear(): void {
    for (const segment of this.segments.splice(0)) segment.close(true);
    this.totals = new Totals();
    this.attempts = this.newAttemptSet();
    this.lastSeq = 0;
    this.writeErrors = 0;
    this.startSegment();
  }

  /** Closes the files. Nothing may be recorded after it. */
  close(): void {
    for (const segment of this.segments.splice(0)) segment.close(false);
  }

  private newAttemptSet(): AttemptSet {
    // Twice the lines: ids of lines that had to go stay counted for a while.
    return new AttemptSet(this.mostEntries * 2);
  }

  private append(line: string, isEntry: boolean): boolean {
    try {
      const segment = this.segments.at(-1);
      if (segment === undefined) throw new Error('The ledger is closed.');
      if (isEntry) segment.writeEntry(line);
      else segment.write(line);
      return true;
    } catch (error) {
      this.writeErrors += 1;
      if (this.writeErrors % 1000 === 1) this.options.onWriteError?.(error, this.writeErrors);
      return false;
    }
  }

  private startSegment(): void {
    const firstSeq = this.lastSeq + 1;
    const name = `ledger-${String(firstSeq).padStart(12, '0')}.jsonl`;
    const path = join(this.options.directory, name);
    this.segments.push(LedgerSegment.create(path, firstSeq, this.totals.snapshot()));
    // The newest file alone says what was in flight, so older ones may go.
    for (const [number, serving] of this.openServings) this.append(toOpenLine(number, serving), false);
    const mostSegments = Math.max(1, Math.ceil(this.mostEntries / this.entriesPerSegment)) + 1;
    while (this.segments.length > mostSegments) this.segments.shift()?.close(true);
  }

  private reopen(): void {
    const names = readdirSync(this.options.directory).filter((name) => SEGMENT_NAME.test(name));
    for (const name of names.toSorted().toReversed()) {
      const path = join(this.options.directory, name);
      const segment = this.segments.length === 0 ? this.reopenNewest(path) : this.reopenOlder(path);
      if (segment !== undefined) this.segments.unshift(segment);
    }
  }

  /** The newest file has the sums of all older ones in its head, and every serving that was in flight. */
  private reopenNewest(path: string): LedgerSegment | undefined {
    const entries: EntryLine[] = [];
    const replay = (line: string, isEntry: boolean): void => {
      if (isEntry) entries.push(this.replayEntry(line));
      else this.replayOpen(line);
    };
    const segment = LedgerSegment.reopen(path, replay, true);
    if (segment === undefined) return undefined;
    this.totals = new Totals(segment.before);
    for (const entry of entries) this.totals.add(entry);
    this.lastSeq = segment.lastSeq;
    return segment;
  }

  /** Of an older file only the attempt ids are needed, and where its pages are: a start after a load run must be quick. */
  private reopenOlder(path: string): LedgerSegment | undefined {
    return LedgerSegment.reopen(path, (line) => this.attempts.add(attemptIdOf(line)), false);
  }

  private replayEntry(line: string): EntryLine {
    const entry = entryLineSchema.parse(JSON.parse(line));
    this.openServings.delete(entry.serving);
    this.attempts.add(entry.attemptId);
    this.lastNumber = Math.max(this.lastNumber, entry.serving);
    return entry;
  }

  private replayOpen(line: string): void {
    const { open, ...known } = openLineSchema.parse(JSON.parse(line));
    const unknown = { status: 0, promptTokens: 0, completionTokens: 0, bytesSent: 0 };
    this.openServings.set(open, { ...known, ...unknown, ended: 'fault', fault: 'killed' });
    this.lastNumber = Math.max(this.lastNumber, open);
  }

  private endKilled(): void {
    for (const [number, serving] of [...this.openServings]) this.end(number, serving);
  }
}

// Attempt ids and names of models come from callers: JSON.stringify keeps a line a line, and the escape keeps it ASCII.
function toText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function toFacts(serving: OpenServing): string {
  const { attemptId, model, endpoint, stream, startedAt } = serving;
  return `"attemptId":${toText(attemptId)},"model":${toText(model)},"endpoint":"${endpoint}","stream":${stream},"startedAt":"${startedAt}"`;
}

/** The attempt id of an entry's line, without reading the rest. */
function attemptIdOf(line: string): string {
  const start = line.indexOf(ATTEMPT_FIELD) + ATTEMPT_FIELD.length;
  const text = line.slice(start, line.indexOf('","model":', start));
  return text.includes('\\') ? entryLineSchema.parse(JSON.parse(line)).attemptId : text;
}

const ATTEMPT_FIELD = '"attemptId":"';

const toOpenLine = (number: number, serving: OpenServing): string =>
  `{"open":${number},${toFacts(serving)}}\n`;

function toEntryLine(
  serving: OpenServing,
  { seq, number, endedAt }: { seq: number; number: number; endedAt: string },
): string {
  const { status, promptTokens, completionTokens, bytesSent, ended, fault } = serving;
  return (
    `{"seq":${seq},"serving":${number},${toFacts(serving)},"endedAt":"${endedAt}","status":${status},` +
    `"promptTokens":${promptTokens},"completionTokens":${completionTokens},"bytesSent":${bytesSent},` +
    `"ended":"${ended}","fault":${fault === null ? 'null' : toText(fault)}}\n`
  );
}

function countLines(block: string): number {
  let count = 0;
  for (let at = block.indexOf('\n'); at >= 0; at = block.indexOf('\n', at + 1)) count += 1;
  return count;
}
