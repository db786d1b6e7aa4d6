// How long request rows are kept, from the config file that the edges read too.
import { readFileSync, statSync } from 'node:fs';
import { findConfigFile, formatProblems, loadGatewayConfig } from '@sluice/config-schema';

/** For how long rows are kept. */
export interface Retention {
  /** Whole days before today, rounded up, so that no row goes before its time. */
  readonly requestDays: number;
  /** False when the file cannot be read: then nothing is dropped, since the operator may want it kept. */
  readonly mayDrop: boolean;
  /** Why nothing is dropped, for the log. */
  readonly problem?: string;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

/**
 * `retention.requests` of the file that `SLUICE_CONFIG` names, else of `sluice.yaml` in the working directory; 30 days
 * when there is none. Never throws.
 */
export function readRetention(env: NodeJS.ProcessEnv, cwd: string): Retention {
  try {
    const file = findConfigFile({ env, cwd, shippedDir: cwd, exists: isFile });
    if (file.kind === 'shipped') return { requestDays: DEFAULT_DAYS, mayDrop: true };
    const loaded = loadGatewayConfig(readFileSync(file.path, 'utf8'), {
      fileName: file.path,
      env,
      readFile: (path) => readFileSync(path, 'utf8'),
      resolveSecrets: false,
    });
    if (!loaded.ok) return unreadable(formatProblems(loaded.problems, file.path));
    return { requestDays: Math.ceil(loaded.config.retention.requestsMs / DAY_MS), mayDrop: true };
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : 'unknown');
  }
}

const unreadable = (problem: string): Retention => ({ requestDays: DEFAULT_DAYS, mayDrop: false, problem });

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
