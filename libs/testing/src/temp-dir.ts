import { chmodSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own, removed by `remove`, by `await using`, or at the latest when the process ends. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  remove(): Promise<void>;
}

const made = new Set<string>();
let removesAtExit = false;

/** Makes an empty folder under the system's temporary folder. Others may pass through it (a database server's user must). */
export async function tempDir(prefix = 'sluice-test-'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  chmodSync(path, 0o711);
  if (!removesAtExit) process.once('exit', removeAll);
  removesAtExit = true;
  made.add(path);
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    made.delete(path);
  };
  return { path, remove, [Symbol.asyncDispose]: remove };
}

function removeAll(): void {
  for (const path of made) rmSync(path, { recursive: true, force: true });
}
