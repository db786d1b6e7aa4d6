import { isAbsolute, join, resolve } from 'node:path';

/** Which config file a service reads, and why that one. */
export interface ConfigFile {
  /** Absolute, if `cwd` and `shippedDir` are. */
  readonly path: string;
  readonly kind: 'env' | 'local' | 'shipped';
}

/** What the search looks at; `exists` answers for a file. */
export interface FindConfigFileOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Folder of the demo configs. */
  readonly shippedDir: string;
  readonly exists: (path: string) => boolean;
}

/**
 * `SLUICE_CONFIG`, else `sluice.yaml` of the working directory, else the shipped demo (with OpenAI when
 * `OPENAI_API_KEY` is set). Throws an Error that names variable and path when `SLUICE_CONFIG` leads nowhere.
 */
export function findConfigFile({ env, cwd, shippedDir, exists }: FindConfigFileOptions): ConfigFile {
  const named = env.SLUICE_CONFIG ?? '';
  if (named !== '') {
    const path = isAbsolute(named) ? named : resolve(cwd, named);
    if (exists(path)) return { path, kind: 'env' };
    throw new Error(
      `SLUICE_CONFIG names the file ${JSON.stringify(path)}, which does not exist: correct the path, or unset the variable to use sluice.yaml or the demo config.`,
    );
  }
  const local = join(cwd, 'sluice.yaml');
  if (exists(local)) return { path: local, kind: 'local' };
  const demo = (env.OPENAI_API_KEY ?? '') === '' ? 'demo.yaml' : 'demo-with-openai.yaml';
  return { path: join(shippedDir, demo), kind: 'shipped' };
}
