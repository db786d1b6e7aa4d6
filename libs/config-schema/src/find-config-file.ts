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
 * `OPENAI_API_KEY` is set, with Anthropic when `ANTHROPIC_API_KEY` is). Throws an Error that names variable and path when `SLUICE_CONFIG` leads nowhere.
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
  return { path: join(shippedDir, shippedName(env)), kind: 'shipped' };
}

function shippedName(env: FindConfigFileOptions['env']): string {
  const vendors = [
    ...((env.OPENAI_API_KEY ?? '') === '' ? [] : ['openai']),
    ...((env.ANTHROPIC_API_KEY ?? '') === '' ? [] : ['anthropic']),
  ];
  return vendors.length === 0 ? 'demo.yaml' : `demo-with-${vendors.join('-and-')}.yaml`;
}
