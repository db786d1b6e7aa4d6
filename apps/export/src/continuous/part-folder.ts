// The folder of the continuous export: `<name>.jsonl.part` while it grows, `<name>.jsonl` when it will never change again.
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@sluice/service-kit';
import type { OpenPart } from './export-state.js';

const HOUR_MS = 3_600_000;
const PART = '.jsonl.part';
const FINAL = '.jsonl';
/** Exports hold what people asked for: the owner writes, its group may read. */
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;

/** File operations of the export. Each is durable when it resolves; each rejects with the system's error. */
export class PartFolder {
  constructor(
    readonly path: string,
    private readonly log: Logger,
  ) {}

  async make(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: FOLDER_MODE });
  }

  /** A part for the hour (UTC) of that moment, under a name that no finished file has. Makes no file yet. */
  plan(nowMs: number): OpenPart {
    const hour = `requests-${new Date(nowMs).toISOString().slice(0, 13)}`;
    let name = hour;
    // Only after a clock was set back, or the state was thrown away within the hour.
    for (let copy = 2; existsSync(this.file(name, FINAL)); copy += 1) name = `${hour}.${copy}`;
    return { name, endsAtMs: (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS, committedBytes: 0 };
  }

  /**
   * Opens a part and cuts it back to what is committed. Undefined when the part was finished already, and only the
   * state did not hear of it, or when it was lost: then what is left of it is kept under another name.
   */
  async openPart({ name, committedBytes }: OpenPart): Promise<FileHandle | undefined> {
    const path = this.file(name, PART);
    if (!existsSync(path) && committedBytes > 0) {
      if (!existsSync(this.file(name, FINAL))) {
        this.log.error(
          { file: path, committedBytes },
          'a part of the export was taken away: its events are lost',
        );
      }
      return undefined;
    }
    const handle = await open(path, existsSync(path) ? 'r+' : 'wx+', FILE_MODE);
    try {
      const { size } = await handle.stat();
      if (size < committedBytes) {
        this.log.error(
          { file: path, size, committedBytes },
          'a part of the export was shortened by somebody',
        );
        await handle.close();
        await this.setAside(path, 'damaged');
        return undefined;
      }
      if (size > committedBytes) {
        await handle.truncate(committedBytes);
        await handle.sync();
      }
      await this.sync();
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The part is whole: it gets its final name. Harmless when it has it. */
  async finish(name: string): Promise<void> {
    const path = this.file(name, PART);
    if (existsSync(path)) await rename(path, this.file(name, FINAL));
    await this.sync();
  }

  /** Parts that the state does not know are nobody's: they stay under another name, for an operator to look at. */
  async setAsideUnknownParts(known: string | undefined): Promise<void> {
    for (const file of await readdir(this.path)) {
      if (!file.endsWith(PART) || file === `${known ?? ''}${PART}`) continue;
      this.log.error(
        { file },
        'a part of the export is not in its state (was the state deleted?): set aside',
      );
      await this.setAside(join(this.path, file), 'unknown');
    }
  }

  private async setAside(path: string, why: string): Promise<void> {
    await rename(path, `${path}.${why}-${Date.now()}`);
    await this.sync();
  }

  /** Names are durable only after this. */
  private async sync(): Promise<void> {
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  private file(name: string, ending: string): string {
    return join(this.path, name + ending);
  }
}
