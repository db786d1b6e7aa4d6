// Writes frames to the segments of one folder: one write(2) each, no fsync (sync() does that for all of them, off the
// request path), a new file when one is full. A write that fails leaves the segment as it was before.
import { open } from 'node:fs/promises';
import { FrameEncoder } from './frame.js';
import type { SpoolFiles } from './spool-files.js';
import type { SpoolFolder, SpoolSegment } from './spool-folder.js';

/** In the header of each segment; a reader leaves versions that it does not know alone. */
export const SEGMENT_VERSION = 1;

/** What the writer needs to know. */
export interface SegmentWriterOptions {
  readonly folder: SpoolFolder;
  readonly segmentBytes: number;
  readonly files: SpoolFiles;
}

interface OpenSegment {
  readonly fd: number;
  readonly segment: SpoolSegment;
  dirty: boolean;
}

/** Appends to one folder. Not for two writers at once. */
export class SegmentWriter {
  readonly #folder: SpoolFolder;
  readonly #segmentBytes: number;
  readonly #files: SpoolFiles;
  #current: OpenSegment | null = null;
  #sealed: OpenSegment[] = [];
  #folderIsDirty = false;
  #nextIndex: number;

  constructor(options: SegmentWriterOptions) {
    this.#folder = options.folder;
    this.#segmentBytes = options.segmentBytes;
    this.#files = options.files;
    this.#nextIndex = (options.folder.segments.at(-1)?.index ?? 0) + 1;
  }

  /** Appends the frame in `buffer[0, length)` and returns its segment. @throws the error of the failed call. */
  append(buffer: Buffer, length: number): SpoolSegment {
    let current = this.#current;
    if (current === null || current.segment.bytes + length > this.#segmentBytes) current = this.#rotate();
    this.#writeWhole(current, buffer, length);
    current.segment.bytes += length;
    this.#folder.bytes += length;
    current.dirty = true;
    return current.segment;
  }

  /**
   * Brings everything written so far to the disk. A segment whose sync fails is never written to again: the kernel
   * may have thrown its pages away. @returns the errors, at most one for each segment.
   */
  async sync(): Promise<Error[]> {
    const sealed = this.#sealed;
    this.#sealed = [];
    const errors: Error[] = [];
    for (const segment of sealed) {
      await this.#syncOne(segment, errors);
      this.#files.closeSync(segment.fd);
    }
    const current = this.#current;
    if (current?.dirty === true) await this.#syncOne(current, errors);
    if (errors.length > 0 && current !== null && this.#current === current) this.#seal();
    if (this.#folderIsDirty) await this.#syncFolder();
    return errors;
  }

  /** Syncs and closes. */
  async close(): Promise<Error[]> {
    this.#seal();
    return this.sync();
  }

  async #syncOne(segment: OpenSegment, errors: Error[]): Promise<void> {
    if (!segment.dirty) return;
    segment.dirty = false;
    await new Promise<void>((resolve) => {
      this.#files.fdatasync(segment.fd, (error) => {
        if (error !== null) errors.push(error);
        resolve();
      });
    });
  }

  /** A new file exists after a power cut only when its folder was synced too. */
  async #syncFolder(): Promise<void> {
    this.#folderIsDirty = false;
    try {
      const handle = await open(this.#folder.dir, 'r');
      await handle.sync().finally(() => handle.close());
    } catch {
      // Some file systems cannot sync a folder; the file's own sync is what counts most.
    }
  }

  #rotate(): OpenSegment {
    const segment = this.#folder.toSegment(this.#nextIndex, 0);
    const fd = this.#files.openSync(segment.path, 'w', 0o600);
    const made: OpenSegment = { fd, segment, dirty: true };
    const encoder = new FrameEncoder();
    try {
      const { spoolId, bootId } = this.#folder;
      const last = this.#folder.lastSequences();
      const header = { version: SEGMENT_VERSION, spoolId, bootId, segment: segment.index, last };
      const length = encoder.encodeHeader(JSON.stringify(header));
      this.#writeWhole(made, encoder.buffer, length);
      segment.bytes = length;
    } catch (error) {
      this.#files.closeSync(fd);
      throw error;
    }
    this.#seal();
    this.#nextIndex += 1;
    this.#folderIsDirty = true;
    this.#folder.addSegment(segment);
    this.#current = made;
    return made;
  }

  #seal(): void {
    if (this.#current === null) return;
    this.#current.segment.sealed = true;
    this.#sealed.push(this.#current);
    this.#current = null;
  }

  #writeWhole({ fd, segment }: OpenSegment, buffer: Buffer, length: number): void {
    const position = segment.bytes;
    let written = 0;
    try {
      while (written < length) {
        const count = this.#files.writeSync(fd, buffer, written, length - written, position + written);
        if (count === 0) throw new Error('write(2) wrote nothing');
        written += count;
      }
    } catch (error) {
      if (written > 0) this.#cutBack(fd, position);
      throw error;
    }
  }

  /** Takes back half a frame. Should that fail too, the next frame overwrites it at the same place. */
  #cutBack(fd: number, position: number): void {
    try {
      this.#files.ftruncateSync(fd, position);
    } catch {
      // See above; a reader skips what has no valid CRC.
    }
  }
}
