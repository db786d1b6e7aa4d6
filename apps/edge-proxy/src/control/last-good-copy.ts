// The text of the last config that worked, for a start at which the file is broken.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
