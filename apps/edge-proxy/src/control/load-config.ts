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
import { ConfigFileError, type ConfigSource, messageOf, readConfigText } from './config-source.js';

export interface LoadConfigOptions extends ConfigSource {
  /** Called with every secret before anything is logged. */
  readonly registerSecrets: (secrets: readonly string[]) => void;
  readonly nowMs: number;
}

export interface LoadedConfig {
  readonly generation: ConfigGeneration;
  /** The file as it was written, references and all. */
  readonly text: string;
  /** One sentence each, with its place. */
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Reads the file and makes a generation of it. In one turn of the event loop: no other reload can come between.
 * @throws ConfigFileError
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  return loadConfigText(readConfigText(options), options);
}

/**
 * The same for a text that was read already.
 * @throws ConfigFileError
 */
export function loadConfigText(text: string, options: LoadConfigOptions): LoadedConfig {
  const { path, env } = options;
  const fileName = basename(path);
  const result = loadGatewayConfig(text, {
    fileName,
    env,
    readFile: (file) => readFileSync(file, 'utf8'),
    resolveSecrets: true,
  });
  if (!result.ok) {
    const count = result.problems.length;
    const listed = formatProblems(result.problems, fileName);
    throw new ConfigFileError(
      `The config ${path} has ${count} ${count === 1 ? 'mistake' : 'mistakes'}:\n${listed}`,
      {
        problems: result.problems.map((problem) => formatProblems([problem], fileName)),
      },
    );
  }
  options.registerSecrets(collectSecrets(result.config));
  const names = new Set([...result.config.models.keys(), ...result.config.aliases.keys()]);
  const keys = [...configKeys(result.config, names), ...launchKey(options, names)];
  const generation = makeConfigGeneration(result.config, new KeyRing(keys), options.nowMs);
  return { generation, text, warnings: result.warnings };
}

const configKeys = (config: GatewayConfig, names: ReadonlySet<string>): RingKey[] =>
  config.keys.filter((key) => !key.disabled).map((key) => ({ key: key.key, caller: toCaller(key, names) }));

function toCaller(key: KeyConfig, names: ReadonlySet<string>): Caller {
  const facts = { keyId: `config:${key.name}`, keyName: key.name, teamId: key.team };
  return {
    ...facts,
    expiresAtMs: key.expiresAt?.getTime() ?? Infinity,
    mayUse: remembered(compileModelPatterns(key.models), names),
    json: JSON.stringify(facts).slice(1, -1),
  };
}

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
function launchKey(
  { launchKeyFile, registerSecrets }: LoadConfigOptions,
  names: ReadonlySet<string>,
): RingKey[] {
  if (launchKeyFile === undefined) return [];
  let key;
  try {
    key = readFileSync(launchKeyFile, 'utf8').trim();
  } catch (error) {
    throw new ConfigFileError(
      `SLUICE_LAUNCH_KEY_FILE names ${launchKeyFile}, which cannot be read: ${messageOf(error)}. Unset it or make the file.`,
      { cause: error },
    );
  }
  if (key.length < 24)
    throw new ConfigFileError('The file of SLUICE_LAUNCH_KEY_FILE holds fewer than 24 characters.');
  registerSecrets([key]);
  const facts = { keyId: 'launcher', keyName: 'launcher', teamId: 'default' };
  const caller: Caller = {
    ...facts,
    expiresAtMs: Infinity,
    mayUse: remembered(compileModelPatterns(['*']), names),
    json: JSON.stringify(facts).slice(1, -1),
  };
  return [{ key, caller }];
}
