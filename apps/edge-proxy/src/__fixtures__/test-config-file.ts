import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir, type TempDir } from '@sluice/testing';
import type { ConfigSource } from '../control/config-source.js';

/** A config file in a folder of its own, which is also the data dir; `await using` removes both. */
export interface TestConfigFile extends AsyncDisposable {
  readonly source: ConfigSource;
  readonly dir: string;
  /** Replaces the file. */
  write(text: string): void;
}

export async function testConfigFile(
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TestConfigFile> {
  const dir: TempDir = await tempDir();
  const path = join(dir.path, 'sluice.yaml');
  writeFileSync(path, text);
  return {
    source: { path, env, launchKeyFile: undefined },
    dir: dir.path,
    write: (next) => writeFileSync(path, next),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}
