// The text of the last config that worked, for a start at which the file is broken.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A draft lives for a moment. One that is so old was left by a kill; a younger one may be another edge's, at work. */
const DRAFT_MAX_AGE_MS = 60_000;
const DRAFT_NAME = /^last-good-[0-9a-f]{12}\.yaml\.[0-9a-f-]{36}$/;

/**
 * A copy in the data dir, one for each config file, so that edges with different files may share the folder. It is the
 * file's text with its references, so a secret is in it only if one was written into the file: mode 0600.
 */
export class LastGoodCopy {
  readonly path: string;
  readonly #dir: string;

  constructor(options: { readonly dataDir: string; readonly configPath: string }) {
    this.#dir = join(options.dataDir, 'config');
    const name = createHash('sha256').update(options.configPath).digest('hex').slice(0, 12);
    this.path = join(this.#dir, `last-good-${name}.yaml`);
  }

  /** Null when there is none, or none that can be read. */
  read(): string | null {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return null;
    }
  }

  /**
   * Removes what kills in the middle of {@link write} left in the folder, of any config file's copy. For a start: what cannot
   * be removed then stays for the next one. Never throws.
   * @param nowMs wall clock
   */
  removeLeftovers(nowMs: number): void {
    for (const name of this.#listNames()) {
      if (!DRAFT_NAME.test(name)) continue;
      const path = join(this.#dir, name);
      try {
        if (nowMs - statSync(path).mtimeMs > DRAFT_MAX_AGE_MS) rmSync(path, { force: true });
      } catch {
        // Another edge removed it, or it cannot be removed.
      }
    }
  }

  #listNames(): string[] {
    try {
      return readdirSync(this.#dir);
    } catch {
      return []; // Nothing was written yet.
    }
  }

  /**
   * Replaces it in one step: whoever reads sees the old text or the new one, also after a kill.
   * @throws the system's error; the old copy stays
   */
  write(text: string): void {
    if (this.read() === text) return;
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    // Edges of one data dir may write at the same time.
    const draft = `${this.path}.${randomUUID()}`;
    try {
      writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
      renameSync(draft, this.path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  }
}
