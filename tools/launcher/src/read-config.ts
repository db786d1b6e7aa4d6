import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findConfigFile, formatProblems, loadGatewayConfig } from '@sluice/config-schema';
import type { LauncherConfig } from './launcher.config.js';

/** What the launcher needs of the gateway's config. */
export interface ConfigFacts {
  /** Absolute. */
  readonly file: string;
  readonly edgePort: number | undefined;
  readonly firstModel: string | undefined;
  /** The mistakes of the file, one a line; undefined when there are none. */
  readonly problems: string | undefined;
}

/**
 * Finds and reads the config without resolving its secrets. A config with mistakes is not the launcher's to refuse:
 * an edge that has a last good copy runs on it. @throws Error when `SLUICE_CONFIG` names a file that is not there
 */
export function readConfigFacts(config: LauncherConfig, cwd: string): ConfigFacts {
  const shippedDir = join(config.repoRoot, 'infra', 'config');
  const { path } = findConfigFile({ env: config.env, cwd, shippedDir, exists: existsSync });
  const result = loadGatewayConfig(readFileSync(path, 'utf8'), {
    fileName: path,
    env: config.env,
    readFile: (file) => readFileSync(file, 'utf8'),
    resolveSecrets: false,
  });
  if (!result.ok) {
    return {
      file: path,
      edgePort: undefined,
      firstModel: undefined,
      problems: formatProblems(result.problems, path),
    };
  }
  return {
    file: path,
    edgePort: result.config.server.port,
    // Nobody can ask for the text of a wildcard.
    firstModel: [...result.config.models.keys()].find((name) => !name.includes('*')),
    problems: undefined,
  };
}
