// One file of the ledger, append-only, JSON lines of three kinds: a head with the sums of everything before it, `open` lines
// (a serving began), and `seq` lines (a serving ended). Each line is one write() before the answer's last byte or right
// after it, so a kill -9 loses none: what the kernel has taken stays.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { GroupSums } from './totals.js';

/** Every so many servings the place in the file is remembered: 16 KB for 2 million, and a page is found by one seek. */
const INDEX_STEP = 1024;
const READ_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

const sumsSchema = z.object({
  servings: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  bytesSent: z.number(),
});

const headSchema = z.object({
  segment: z.object({
    firstSeq: z.number().int().positive(),
    before: z.object({
      all: sumsSchema,
      complete: sumsSchema,
      succeeded: sumsSchema,
      clientGone: sumsSchema,
      fault: sumsSchema,
    }),
  }),
});

interface SegmentHead {
  readonly firstSeq: number;
  readonly before: GroupSums;
}

/** One file of the ledger. */
export class LedgerSegment {
  private bytes = 0;
  private entries = 0;
  private readonly places: number[] = [];

  private constructor(
    readonly path: string,
    private readonly descriptor: number,
    private readonly head: SegmentHead,
  ) {}

  /** Number of its first entry. */
  get firstSeq(): number {
    return this.head.firstSeq;
  }

  /** Sums of everything before it. */
  get before(): GroupSums {
    return this.head.before;
  }

  /** Makes a new file; one that is already there is emptied. Throws what the file system says. */
  static create(path: string, firstSeq: number, before: GroupSums): LedgerSegment {
    const segment = new LedgerSegment(path, openSync(path, 'w+', 0o600), { firstSeq, before });
    segment.write(`${JSON.stringify({ segment: { firstSeq, before } })}\n`);
    return segment;
  }

  /**
   * Opens a file that an earlier process wrote and hands each of its lines to `onLine`; open lines only with `withOpen`.
   * A torn last line is cut off; a file without one whole line (its process was killed while making it) is removed and
   * undefined. Throws when it is no ledger.
   */
  static reopen(path: string, onLine: ReplayLine, withOpen: boolean): LedgerSegment | undefined {
    const descriptor = openSync(path, 'r+');
    let segment: LedgerSegment | undefined;
    const whole = eachLine(descriptor, (read, isEntry, at) => {
      if (segment === undefined) {
        segment = new LedgerSegment(path, descriptor, readHead(path, read()));
        return;
      }
      if (isEntry) segment.countEntry(at);
      if (isEntry || withOpen) onLine(read(), isEntry);
    });
    if (segment === undefined) {
      closeSync(descriptor);
      unlinkSync(path);
      return undefined;
    }
    ftruncateSync(descriptor, whole);
    segment.bytes = whole;
    return segment;
  }

  get entryCount(): number {
    return this.entries;
  }

  get lastSeq(): number {
    return this.firstSeq + this.entries - 1;
  }

  /** Appends a line that ends with a newline. Throws what the file system says; the file is then as before. */
  write(line: string): void {
    const data = Buffer.from(line);
    let done = 0;
    try {
      while (done < data.length) {
        done += writeSync(this.descriptor, data, done, data.length - done, this.bytes + done);
      }
    } catch (error) {
      ftruncateSync(this.descriptor, this.bytes);
      throw error;
    }
    this.bytes += data.length;
  }

  /** Appends the line of an ended serving. */
  writeEntry(line: string): void {
    const at = this.bytes;
    this.write(line);
    this.countEntry(at);
  }

  /** Lines of ended servings with a number above `after` that are in the file now, in blocks of whole lines. */
  async *read(after: number, limit: number): AsyncGenerator<string> {
    const lastSeq = this.lastSeq;
    const first = Math.max(after + 1, this.firstSeq);
    if (first > lastSeq) return;
    const step = Math.floor((first - this.firstSeq) / INDEX_STEP);
    let skip = (first - this.firstSeq) % INDEX_STEP;
    let left = Math.min(limit, lastSeq - first + 1);
    const file = await open(this.path, 'r');
    try {
      for await (const lines of wholeLines(file, this.places[step] ?? 0, this.bytes)) {
        const entries = lines.filter((line) => line.startsWith(ENTRY_PREFIX));
        const page = entries.slice(skip, skip + left);
        skip = Math.max(0, skip - entries.length);
        left -= page.length;
        if (page.length > 0) yield `${page.join('\n')}\n`;
        if (left === 0) return;
      }
    } finally {
      await file.close();
    }
  }

  /** Ends the use of the file; with `remove` the file goes as well. */
  close(remove: boolean): void {
    closeSync(this.descriptor);
    if (remove) unlinkSync(this.path);
  }

  private countEntry(at: number): void {
    if (this.entries % INDEX_STEP === 0) this.places.push(at);
    this.entries += 1;
  }
}

function readHead(path: string, line: string): SegmentHead {
  try {
    return headSchema.parse(JSON.parse(line)).segment;
  } catch (error) {
    throw new Error(`${path} is not a ledger of the demo provider. Move it away.`, { cause: error });
  }
}

/** How the line of an ended serving begins. */
export const ENTRY_PREFIX = '{"seq":';

/** Gets a line of a reopened file; `isEntry`: a serving ended, else one began. */
export type ReplayLine = (line: string, isEntry: boolean) => void;

/** The letter by which `{"seq":` differs from `{"open":` and `{"segment":`. */
const ENTRY_MARK = 'q'.charCodeAt(0);
const ENTRY_MARK_AT = ENTRY_PREFIX.indexOf('q');

/** Calls back for each whole line; gives the length of the file without a torn last line. Decodes only what is asked for. */
function eachLine(
  descriptor: number,
  onLine: (read: () => string, isEntry: boolean, at: number) => void,
): number {
  const size = fstatSync(descriptor).size;
  const block = Buffer.allocUnsafe(READ_BYTES);
  let rest = Buffer.alloc(0);
  let restAt = 0;
  let at = 0;
  while (at < size) {
    const count = readSync(descriptor, block, 0, READ_BYTES, at);
    if (count === 0) break;
    at += count;
    const data =
      rest.length === 0 ? block.subarray(0, count) : Buffer.concat([rest, block.subarray(0, count)]);
    let start = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      const from = start;
      onLine(
        () => data.toString('latin1', from, end),
        data[from + ENTRY_MARK_AT] === ENTRY_MARK,
        restAt + from,
      );
      start = end + 1;
    }
    restAt += start;
    rest = Buffer.from(data.subarray(start));
  }
  return restAt;
}

/** Blocks of whole lines between two places of a file. */
async function* wholeLines(
  file: Awaited<ReturnType<typeof open>>,
  from: number,
  to: number,
): AsyncGenerator<readonly string[]> {
  const block = Buffer.allocUnsafe(READ_BYTES);
  let rest = '';
  let at = from;
  while (at < to) {
    const { bytesRead } = await file.read(block, 0, Math.min(READ_BYTES, to - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    // Lines are ASCII (see toLine), so a block never ends inside a character.
    const lines = (rest + block.toString('latin1', 0, bytesRead)).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
}
