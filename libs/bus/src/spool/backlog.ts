// Events that are on disk only: what did not fit into the live queue, and whole adopted folders. Read in order, a
// chunk at a time, off the request path.
import { open, type FileHandle } from 'node:fs/promises';
import { FrameScanner, type ScannedFrame } from './frame-scanner.js';
import { SequenceSet, type SequenceRange } from './sequence-set.js';
import type { SpooledEvent, SpoolFolder, SpoolSegment } from './spool-folder.js';

const CHUNK_BYTES = 256 * 1024;

/** A piece of a folder, from one place to another, whole frames. */
interface Gap {
  readonly folder: SpoolFolder;
  segmentIndex: number;
  offset: number;
  endIndex: number;
  endOffset: number;
  /** First and last number in it by stream code; null for an adopted folder, whose events were counted by reading. */
  readonly sequences: Map<number, SequenceRange> | null;
  /** What was read of the current segment, by stream code. */
  seen: Map<number, SequenceSet>;
  isDamaged: boolean;
}

interface OpenFile {
  readonly gap: Gap;
  readonly segment: SpoolSegment;
  readonly handle: FileHandle;
  readonly scanner: FrameScanner;
}

/** What was found unreadable in one segment. */
export interface SpoolDamage {
  readonly path: string;
  readonly damagedBytes: number;
}

/** The list of gaps, and a reader that closes them one after another. */
export class Backlog {
  readonly #onDamage: (damage: SpoolDamage) => void;
  readonly #gaps: Gap[] = [];
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #extending: Gap | null = null;
  #file: OpenFile | null = null;

  constructor(onDamage: (damage: SpoolDamage) => void) {
    this.#onDamage = onDamage;
  }

  get isEmpty(): boolean {
    return this.#gaps.length === 0;
  }

  /** Leaves an event that was written, in a frame at these offsets of its segment, to the disk. In the order of the frames. */
  leave(event: SpooledEvent, start: number, end: number): void {
    const { segment, streamCode, sequence } = event;
    const gap = this.#extending ?? this.#begin(segment, start);
    this.#extending = gap;
    gap.endIndex = segment.index;
    gap.endOffset = end;
    gap.sequences?.set(streamCode, [gap.sequences.get(streamCode)?.[0] ?? sequence, sequence]);
  }

  /** The next event that is left out begins a new gap. */
  endGap(): void {
    this.#extending = null;
  }

  /** Leaves all of an adopted folder from a segment on. */
  leaveFolder(folder: SpoolFolder, fromIndex: number): void {
    const first = folder.segments.find((segment) => segment.index >= fromIndex);
    const last = folder.segments.at(-1);
    if (first === undefined || last === undefined) return;
    this.#gaps.push({
      folder,
      segmentIndex: first.index,
      offset: 0,
      endIndex: last.index,
      endOffset: last.bytes,
      sequences: null,
      seen: new Map(),
      isDamaged: false,
    });
  }

  /**
   * Reads the next chunk and returns its unsettled events, oldest first; none does not mean that all is read. Not for
   * two callers at once. @throws on I/O errors; the same place is read again the next time.
   */
  async read(): Promise<SpooledEvent[]> {
    const file = this.#file ?? (await this.#openNext());
    if (file === null) return [];
    const { gap, segment, scanner } = file;
    // A gap may grow while it is read: its end is taken as it is now.
    const end = gap.endIndex === segment.index ? gap.endOffset : segment.bytes;
    const wanted = Math.min(CHUNK_BYTES, end - gap.offset);
    const { bytesRead } = await file.handle.read(this.#chunk, 0, wanted, gap.offset);
    // A file that is shorter than it was: what is missing is damage.
    if (bytesRead === 0) gap.isDamaged = true;
    gap.offset = bytesRead === 0 ? end : gap.offset + bytesRead;
    const isLast = gap.offset >= end;
    const frames = scanner.push(this.#chunk.subarray(0, bytesRead), isLast);
    const events = toUnsettled(frames, file);
    if (isLast) await this.#leaveFile(file);
    return events;
  }

  async close(): Promise<void> {
    await this.#file?.handle.close();
    this.#file = null;
  }

  #begin(segment: SpoolSegment, offset: number): Gap {
    const gap: Gap = {
      folder: segment.folder,
      segmentIndex: segment.index,
      offset,
      endIndex: segment.index,
      endOffset: offset,
      sequences: new Map(),
      seen: new Map(),
      isDamaged: false,
    };
    this.#gaps.push(gap);
    return gap;
  }

  async #openNext(): Promise<OpenFile | null> {
    for (;;) {
      const gap = this.#gaps[0];
      if (gap === undefined) return null;
      const segment = findSegment(gap);
      if (segment === undefined || (segment.index === gap.endIndex && gap.offset >= gap.endOffset)) {
        if (segment !== undefined) giveUpUnreadable(gap, segment);
        this.#gaps.shift();
        if (this.#extending === gap) this.#extending = null;
        continue;
      }
      const handle = await openIfThere(segment.path);
      if (handle === null) {
        gap.segmentIndex = segment.index + 1;
        gap.offset = 0;
        continue;
      }
      const scanner = new FrameScanner({ eventJson: true, intentJson: false }, gap.offset);
      this.#file = { gap, segment, scanner, handle };
      return this.#file;
    }
  }

  async #leaveFile(file: OpenFile): Promise<void> {
    this.#file = null;
    const { gap, segment, scanner } = file;
    const { damagedBytes } = scanner;
    if (damagedBytes > 0) {
      gap.isDamaged = true;
      this.#onDamage({ path: segment.path, damagedBytes });
    }
    if (gap.endIndex > segment.index) {
      giveUpUnreadable(gap, segment);
      gap.segmentIndex = segment.index + 1;
      gap.offset = 0;
    }
    await file.handle.close();
  }
}

/** Null when the segment was settled and removed while we came to it. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** The segment at the gap's place, or the next one that is still there. */
function findSegment(gap: Gap): SpoolSegment | undefined {
  const segment = gap.folder.segments.find(
    (one) => one.index >= gap.segmentIndex && one.index <= gap.endIndex,
  );
  if (segment !== undefined && segment.index !== gap.segmentIndex) {
    gap.segmentIndex = segment.index;
    gap.offset = 0;
  }
  return segment;
}

function toUnsettled(frames: readonly ScannedFrame[], { gap, segment }: OpenFile): SpooledEvent[] {
  const events: SpooledEvent[] = [];
  for (const frame of frames) {
    if (frame.kind !== 'event') continue;
    const { streamCode, sequence } = frame.event;
    if (gap.sequences !== null) {
      const seen = gap.seen.get(streamCode) ?? new SequenceSet();
      seen.add(sequence);
      gap.seen.set(streamCode, seen);
    }
    if (!segment.folder.isSettled(streamCode, sequence)) events.push({ ...frame.event, segment });
  }
  return events;
}

/** Numbers that were written to this segment and cannot be read any more become reported holes. */
function giveUpUnreadable(gap: Gap, segment: SpoolSegment): void {
  const { seen, isDamaged } = gap;
  gap.seen = new Map();
  gap.isDamaged = false;
  if (gap.sequences === null || !isDamaged) return;
  for (const [streamCode, [first, last]] of gap.sequences) {
    const inSegment = segment.sequences.get(streamCode);
    if (inSegment === undefined) continue;
    const to = Math.min(last, inSegment[1]);
    for (let sequence = Math.max(first, inSegment[0]); sequence <= to; sequence += 1) {
      if (seen.get(streamCode)?.has(sequence) === true) continue;
      segment.folder.giveUp({ streamCode, sequence, segment });
    }
  }
}
