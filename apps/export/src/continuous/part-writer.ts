import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestCompleted } from '@sluice/contracts';
import type { Logger } from '@sluice/service-kit';
import { ExportState, type OpenPart, type SpoolProgress } from './export-state.js';
import { hasNumber, withNumber, withoutNumber } from './number-ranges.js';
import { PartFolder } from './part-folder.js';

/** A number of a spool that is in the dead stream. */
export interface DeadNumber {
  readonly spoolId: string;
  readonly spoolSeq: number;
}

/** What goes into one transaction. */
export interface ExportBatch {
  readonly events: readonly RequestCompleted[];
  readonly dead: readonly DeadNumber[];
}

/** What became of a batch. */
export interface AppendResult {
  readonly appended: number;
  /** Events that are in the files already. */
  readonly duplicates: number;
  readonly bytes: number;
}

/** What a {@link PartWriter} needs. */
export interface PartWriterOptions {
  readonly folder: string;
  readonly log: Logger;
  readonly now: () => number;
}

/** Name of the state inside the folder. */
export const STATE_FILE = 'requests.state.sqlite';

interface Opened {
  readonly state: ExportState;
  part: { plan: OpenPart; readonly handle: FileHandle } | undefined;
}

/**
 * Appends each event once to the file of the hour in which it is written: the bytes, fsync, then offset and numbers in
 * one transaction. After any error everything is opened anew, which cuts the part back to the committed offset.
 * One call at a time.
 */
export class PartWriter {
  private readonly folder: PartFolder;
  private opened: Opened | undefined;

  constructor(private readonly options: PartWriterOptions) {
    this.folder = new PartFolder(options.folder, options.log);
  }

  /** Appends what is not there yet. Rejects with the system's error, and then nothing of it counts: append it again. */
  append(batch: ExportBatch): Promise<AppendResult> {
    return this.attempt(async (opened) => {
      await this.finishIfOver(opened);
      const { progress, lines } = this.select(opened.state, batch);
      const bytes = Buffer.from(lines.join(''));
      if (lines.length > 0) await this.write(opened, bytes);
      const plan = opened.part && {
        ...opened.part.plan,
        committedBytes: opened.part.plan.committedBytes + bytes.length,
      };
      if (progress.size > 0) opened.state.commit({ part: plan, progress });
      if (opened.part !== undefined && plan !== undefined) opened.part.plan = plan;
      return {
        appended: lines.length,
        duplicates: batch.events.length - lines.length,
        bytes: bytes.length,
      };
    });
  }

  /** Gives the part its final name when its hour is over. */
  roll(): Promise<void> {
    return this.attempt((opened) => this.finishIfOver(opened));
  }

  /** The part stays open for the next start. */
  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    opened?.state.close();
    await opened?.part?.handle.close();
  }

  private async attempt<T>(run: (opened: Opened) => Promise<T>): Promise<T> {
    try {
      this.opened ??= await this.open();
      return await run(this.opened);
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  private async open(): Promise<Opened> {
    await this.folder.make();
    const state = ExportState.open(join(this.options.folder, STATE_FILE));
    try {
      const plan = state.part();
      await this.folder.setAsideUnknownParts(plan?.name);
      if (plan === undefined) return { state, part: undefined };
      const handle = await this.folder.openPart(plan);
      if (handle !== undefined) return { state, part: { plan, handle } };
      state.commit({ part: undefined });
      return { state, part: undefined };
    } catch (error) {
      state.close();
      throw error;
    }
  }

  private async finishIfOver(opened: Opened): Promise<void> {
    const { part, state } = opened;
    if (part === undefined || this.options.now() < part.plan.endsAtMs) return;
    await part.handle.close();
    opened.part = undefined;
    await this.folder.finish(part.plan.name);
    state.commit({ part: undefined });
    this.options.log.info(
      { file: `${part.plan.name}.jsonl`, bytes: part.plan.committedBytes },
      'an hour is whole',
    );
  }

  private async write(opened: Opened, bytes: Buffer): Promise<void> {
    if (opened.part === undefined) {
      const plan = this.folder.plan(this.options.now());
      // Known before it exists, so that a part that the state does not know is always somebody else's doing.
      opened.state.commit({ part: plan });
      const handle = await this.folder.openPart(plan);
      if (handle === undefined) throw new Error(`${plan.name} cannot be begun`);
      opened.part = { plan, handle };
    }
    const { handle, plan } = opened.part;
    for (let written = 0; written < bytes.length;) {
      const position = plan.committedBytes + written;
      written += (await handle.write(bytes, written, bytes.length - written, position)).bytesWritten;
    }
    await handle.datasync();
  }

  /** The lines that are new, and the numbers as they are afterwards. */
  private select(
    state: ExportState,
    { events, dead }: ExportBatch,
  ): { progress: Map<string, SpoolProgress>; lines: string[] } {
    const changed = new Map<string, SpoolProgress>();
    const of = (spoolId: string): SpoolProgress => changed.get(spoolId) ?? state.progressOf(spoolId);
    const lines: string[] = [];
    for (const event of events) {
      const { applied, dead: died } = of(event.spoolId);
      if (hasNumber(applied, event.spoolSeq)) continue;
      changed.set(event.spoolId, {
        applied: withNumber(applied, event.spoolSeq),
        // A dead letter that was replayed.
        dead: withoutNumber(died, event.spoolSeq),
      });
      lines.push(`${JSON.stringify(event)}\n`);
    }
    for (const { spoolId, spoolSeq } of dead) {
      const { applied, dead: died } = of(spoolId);
      if (hasNumber(applied, spoolSeq) || hasNumber(died, spoolSeq)) continue;
      changed.set(spoolId, { applied, dead: withNumber(died, spoolSeq) });
    }
    return { progress: changed, lines };
  }
}
