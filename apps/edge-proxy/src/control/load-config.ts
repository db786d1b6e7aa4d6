// From the config file to the first generation: read, validated, its secrets masked, its keys made a ring.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  collectSecrets,
  compileModelPatterns,
  type ConfigProblem,
  formatProblems,
  type GatewayConfig,
  type KeyConfig,
  loadGatewayConfig,
} from '@sluice/config-schema';
import type { Caller } from '../access/caller.js';
import { KeyRing, type RingKey } from '../access/key-ring.js';
import { type ConfigGeneration, makeConfigGeneration } from './config-generation.js';

export interface LoadConfigOptions {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File with the launcher's key, undefined when there is none. */
  readonly launchKeyFile: string | undefined;
  /** Called with every secret before anything is logged. */
  readonly registerSecrets: (secrets: readonly string[]) => void;
  readonly nowMs: number;
}

/** A config that cannot be used. Its message lists every problem with its place. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

export interface LoadedConfig {
  readonly generation: ConfigGeneration;
  readonly warnings: readonly ConfigProblem[];
}

/** @throws ConfigFileError */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const fileName = basename(options.path);
  const result = loadGatewayConfig(readText(options.path), {
    fileName,
    env: options.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    resolveSecrets: true,
  });
  if (!result.ok) {
    const count = result.problems.length;
    throw new ConfigFileError(
      `The config ${options.path} has ${count} ${count === 1 ? 'mistake' : 'mistakes'}:\n${formatProblems(result.problems, fileName)}`,
    );
  }
  options.registerSecrets(collectSecrets(result.config));
  const keys = [...configKeys(result.config), ...launchKey(options, result.config)];
  const generation = makeConfigGeneration(result.config, new KeyRing(keys), options.nowMs);
  return { generation, warnings: result.warnings };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigFileError(`The config ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const configKeys = (config: GatewayConfig): RingKey[] =>
  config.keys
    .filter((key) => !key.disabled)
    .map((key) => ({ key: key.key, caller: toCaller(key, namesOf(config)) }));

function toCaller(key: KeyConfig, names: ReadonlySet<string>): Caller {
  const facts = { keyId: `config:${key.name}`, keyName: key.name, teamId: key.team };
  return {
    ...facts,
    expiresAtMs: key.expiresAt?.getTime() ?? Infinity,
    mayUse: remembered(compileModelPatterns(key.models), names),
    json: JSON.stringify(facts).slice(1, -1),
  };
}

const namesOf = (config: GatewayConfig): ReadonlySet<string> =>
  new Set([...config.models.keys(), ...config.aliases.keys()]);

/**
 * Remembers the answer for the names in the file: each resolves to the same model for a whole generation. Of the names
 * that clients make up (wildcards, `provider/model`) there is no end, so those are judged each time.
 */
function remembered(mayUse: Caller['mayUse'], names: ReadonlySet<string>): Caller['mayUse'] {
  const known = new Map<string, boolean>();
  return (asked, resolved) => {
    let answer = known.get(asked);
    if (answer === undefined) {
      answer = mayUse(asked, resolved);
      if (names.has(asked)) known.set(asked, answer);
    }
    return answer;
  };
}

/** The launcher's own key: for every model, whatever the config says. */
function launchKey(options: LoadConfigOptions, config: GatewayConfig): RingKey[] {
  if (options.launchKeyFile === undefined) return [];
  let key;
  try {
    key = readFileSync(options.launchKeyFile, 'utf8').trim();
  } catch (error) {
    throw new ConfigFileError(
      `SLUICE_LAUNCH_KEY_FILE names ${options.launchKeyFile}, which cannot be read: ${messageOf(error)}. Unset it or make the file.`,
      { cause: error },
    );
  }
  if (key.length < 24)
    throw new ConfigFileError('The file of SLUICE_LAUNCH_KEY_FILE holds fewer than 24 characters.');
  options.registerSecrets([key]);
  const facts = { keyId: 'launcher', keyName: 'launcher', teamId: 'default' };
  const caller: Caller = {
    ...facts,
    expiresAtMs: Infinity,
    mayUse: remembered(compileModelPatterns(['*']), namesOf(config)),
    json: JSON.stringify(facts).slice(1, -1),
  };
  return [{ key, caller }];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
