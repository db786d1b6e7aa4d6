// How long roll-ups are kept, from the config file that the edges read too.
import { readFileSync, statSync } from 'node:fs';
import { findConfigFile, formatProblems, loadGatewayConfig } from '@sluice/config-schema';

/** For how long minutes are kept; or why none is deleted, since the operator may want them all kept. */
export type RollupRetention =
  | { readonly kind: 'known'; readonly keepMs: number }
  | { readonly kind: 'unknown'; readonly problem: string };

const DEFAULT_KEEP_MS = 400 * 86_400_000;

/**
 * `retention.rollups` of the file that `SLUICE_CONFIG` names, else of `sluice.yaml` in the working directory; 400 days when
 * there is none. Never throws.
 */
export function readRollupRetention(env: NodeJS.ProcessEnv, cwd: string): RollupRetention {
  try {
    const file = findConfigFile({ env, cwd, shippedDir: cwd, exists: isFile });
    if (file.kind === 'shipped') return { kind: 'known', keepMs: DEFAULT_KEEP_MS };
    const loaded = loadGatewayConfig(readFileSync(file.path, 'utf8'), {
      fileName: file.path,
      env,
      readFile: (path) => readFileSync(path, 'utf8'),
      resolveSecrets: false,
    });
    if (loaded.ok) return { kind: 'known', keepMs: loaded.config.retention.rollupsMs };
    return { kind: 'unknown', problem: formatProblems(loaded.problems, file.path) };
  } catch (error) {
    return { kind: 'unknown', problem: error instanceof Error ? error.message : 'unknown' };
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
