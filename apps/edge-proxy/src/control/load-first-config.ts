// The config of a process that starts: the file's, or, when that is broken, the last good copy's, with an alarm.
import { type ConfigChange, diffConfigs } from './diff-configs.js';
import { ConfigFileError, type ConfigSource } from './config-source.js';
import { LastGoodCopy } from './last-good-copy.js';
import { loadConfig, loadConfigText, type LoadConfigOptions, type LoadedConfig } from './load-config.js';

export interface FirstConfig extends LoadedConfig {
  /** Why the file was not taken, one sentence each; null when it was. */
  readonly fileProblems: readonly string[] | null;
  /** Against the last config that this edge, or another one with the same file and data dir, has run with. */
  readonly changes: readonly ConfigChange[];
  /** For the audit event; null when there is nothing to say. */
  readonly detail: string | null;
  /** Set when the copy could not be written; the edge runs all the same. */
  readonly copyError: unknown;
}

/** @throws ConfigFileError when the file is broken and there is no copy that can be used */
export function loadFirstConfig(options: LoadConfigOptions, lastGood: LastGoodCopy): FirstConfig {
  const copy = lastGood.read();
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig(options);
  } catch (error) {
    const stand = copy === null ? null : loadCopy(copy, options);
    if (!(error instanceof ConfigFileError) || stand === null) throw error;
    const detail = 'the file is broken: the copy of the last good config is in use';
    return { ...stand, fileProblems: error.problems, changes: [], detail, copyError: null };
  }
  const compared = compare(copy, loaded, options);
  let copyError: unknown = null;
  try {
    lastGood.write(loaded.text);
  } catch (error) {
    copyError = error;
  }
  return { ...loaded, ...compared, fileProblems: null, copyError };
}

function compare(
  copy: string | null,
  loaded: LoadedConfig,
  options: LoadConfigOptions,
): Pick<FirstConfig, 'changes' | 'detail'> {
  if (copy === null) return { changes: [], detail: 'there is no earlier config to compare with' };
  if (copy === loaded.text) return { changes: [], detail: 'the same text as before' };
  const before = loadCopy(copy, options);
  if (before === null) return { changes: [], detail: 'the config before cannot be read any more' };
  return { changes: diffConfigs(before.generation.config, loaded.generation.config), detail: null };
}

/** Null when the copy cannot be used any more, e.g. since a variable is gone. */
function loadCopy(text: string, options: LoadConfigOptions): LoadedConfig | null {
  try {
    return loadConfigText(text, options);
  } catch (error) {
    if (error instanceof ConfigFileError) return null;
    throw error;
  }
}

/** What a process starts with and reloads from. */
export interface ConfigAtStart {
  readonly source: ConfigSource;
  readonly lastGood: LastGoodCopy;
  readonly first: FirstConfig;
}

/** @throws ConfigFileError as {@link loadFirstConfig} */
export function readConfigAtStart(
  source: ConfigSource,
  options: { readonly dataDir: string } & Pick<LoadConfigOptions, 'registerSecrets' | 'nowMs'>,
): ConfigAtStart {
  const { dataDir, ...load } = options;
  const lastGood = new LastGoodCopy({ dataDir, configPath: source.path });
  lastGood.removeLeftovers(load.nowMs);
  return { source, lastGood, first: loadFirstConfig({ ...source, ...load }, lastGood) };
}
