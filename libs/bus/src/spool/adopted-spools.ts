import type { BusLog } from '../bus-log.js';
import { adoptFolders, closeIntents, recoverIntents, type RecoverOptions } from './adopt-folders.js';
import type { Backlog } from './backlog.js';
import type { SpoolFolder } from './spool-folder.js';

/** What {@link AdoptedSpools} works with. */
export interface AdoptedSpoolsOptions extends RecoverOptions {
  readonly rootDir: string;
  /** Gets the folders to read. */
  readonly backlog: Backlog;
  readonly log: BusLog;
  /** Name of this run of the operating system. */
  readonly bootId: string | null;
  /** Stores the unknown event of an intent in this process's own spool; false when it cannot. */
  readonly takeOver: (eventId: string, intentJson: string) => boolean;
  /** Brings the own spool to the disk. */
  readonly sync: () => Promise<void>;
}

/** The folders of dead processes that this process publishes. */
export class AdoptedSpools {
  /** Bytes of all of them, as of the last upkeep. */
  bytes = 0;
  /** Numbers that were taken and are not there, or cannot be published. */
  holes = 0;
  intentsRecovered = 0;
  damagedBytes = 0;
  readonly #options: AdoptedSpoolsOptions;
  readonly #folders = new Set<SpoolFolder>();

  constructor(options: AdoptedSpoolsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#folders.size;
  }

  get pending(): number {
    return this.#sum((folder) => folder.pending);
  }

  get segments(): number {
    return this.#sum((folder) => folder.segments.length);
  }

  /** Looks for folders without an owner and takes them over. */
  async adopt(): Promise<void> {
    const { rootDir, log, backlog } = this.#options;
    await this.#recoverRest();
    for (const { folder, holes, damagedBytes } of await adoptFolders(rootDir, log)) {
      for (const [from, to] of [...holes.values()].flat()) this.holes += to - from + 1;
      this.damagedBytes += damagedBytes;
      const facts = { spoolId: folder.spoolId, pending: folder.pending, unfinished: folder.intents.size };
      log.info({ ...facts, damagedBytes, holes: Object.fromEntries(holes) }, 'adopted a spool');
      await this.#recover(folder);
      this.#folders.add(folder);
      backlog.leaveFolder(folder, 0);
    }
    this.#count();
  }

  /** Remembers what was acked and removes what is finished. @throws the first of the I/O errors. */
  async saveProgress(): Promise<void> {
    const results = await Promise.allSettled([...this.#folders].map((folder) => this.#save(folder)));
    this.#count();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Leaves them to others. */
  release(): void {
    for (const folder of this.#folders) {
      folder.lock?.release();
      folder.lock = null;
    }
    this.#folders.clear();
  }

  async #save(folder: SpoolFolder): Promise<void> {
    if (!folder.isFinished) {
      await folder.saveProgress();
      return;
    }
    await folder.remove();
    this.#folders.delete(folder);
    this.#options.log.info({ spoolId: folder.spoolId }, 'an adopted spool is published and removed');
  }

  /** Intents that could not be written when their folder was adopted. */
  async #recoverRest(): Promise<void> {
    for (const folder of this.#folders) {
      if (folder.intents.size === 0) continue;
      const next = (folder.segments.at(-1)?.index ?? 0) + 1;
      if ((await this.#recover(folder)) > 0) this.#options.backlog.leaveFolder(folder, next);
    }
  }

  async #recover(folder: SpoolFolder): Promise<number> {
    const { bootId } = this.#options;
    const isFromEarlierBoot = folder.bootId !== null && bootId !== null && folder.bootId !== bootId;
    const recovered = isFromEarlierBoot
      ? await this.#takeOver(folder)
      : await recoverIntents(folder, this.#options);
    this.intentsRecovered += recovered;
    return recovered;
  }

  /**
   * The machine went down: the last 200 ms of the folder may be missing, although their events may be published.
   * Numbers from its end on may be in use, so the unknown events get numbers of our own spool.
   */
  async #takeOver(folder: SpoolFolder): Promise<number> {
    const taken: string[] = [];
    for (const [eventId, { json }] of folder.intents) {
      if (!this.#options.takeOver(eventId, json)) break;
      taken.push(eventId);
    }
    await this.#options.sync();
    await closeIntents(folder, taken, this.#options);
    return taken.length;
  }

  #count(): void {
    this.bytes = this.#sum((folder) => folder.bytes);
  }

  #sum(of: (folder: SpoolFolder) => number): number {
    let sum = 0;
    for (const folder of this.#folders) sum += of(folder);
    return sum;
  }
}
