// Puts a new config to use while requests are served: read, validated, made ready, compared, then swapped in one
// assignment. Whatever goes wrong before the swap leaves the old config in use.
import { basename } from 'node:path';
import type { AuditActor, ControlReply } from '@sluice/contracts';
import { formatProblems } from '@sluice/config-schema';
import type { ConfigLoad } from './config-audit.js';
import type { ConfigGeneration } from './config-generation.js';
import type { ConfigMetrics } from './config-metrics.js';
import { ConfigFileError, type ConfigSource, messageOf, readConfigText } from './config-source.js';
import { type ConfigChange, diffConfigs } from './diff-configs.js';
import { type LoadConfigOptions, loadConfigText } from './load-config.js';
import type { LastGoodCopy } from './last-good-copy.js';

/** What a reload came to. */
export type ReloadReport =
  | {
      readonly ok: true;
      /** In use now. */
      readonly version: string;
      readonly changes: readonly ConfigChange[];
      /** What the changes do not say; null when there is nothing. */
      readonly detail: string | null;
      /** Settings that changed in the file but act only from the next start on, as paths. */
      readonly needRestart: readonly string[];
    }
  | {
      readonly ok: false;
      /** Kept in use. */
      readonly version: string;
      /** One sentence each, with its place; safe to show. */
      readonly problems: readonly string[];
    };

/** A config that was found right and is ready to be put to use. */
export interface PreparedReload {
  readonly generation: ConfigGeneration;
  readonly text: string;
  readonly warnings: readonly string[];
}

/** The log, as far as this needs it. */
export interface ReloadLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface ConfigReloaderOptions {
  readonly source: ConfigSource;
  readonly registerSecrets: LoadConfigOptions['registerSecrets'];
  /** What new requests get now. */
  readonly current: () => ConfigGeneration;
  /** Makes it what new requests get, in one assignment; those under way keep theirs. */
  readonly use: (generation: ConfigGeneration) => void;
  readonly lastGood: LastGoodCopy;
  readonly metrics: ConfigMetrics;
  readonly log: ReloadLog;
  /** Hears of each swap, for the audit event. */
  readonly onLoad: (load: ConfigLoad) => void;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** Where the process listens and how many it is: settled at its start. */
const SETTLED_AT_START: ReadonlySet<string> = new Set([
  'server.host',
  'server.port',
  'server.workers',
  'server.shutdownGrace',
]);
/** More paths than this make a log line that nobody reads; the audit event has them. */
const MAX_LOGGED_PATHS = 50;

/**
 * One process's reloads. `reload` is the whole of it, in one turn of the event loop, so two cannot mix. A primary with
 * workers has each `prepare` and, when all could, each `commit`: before that the new config is nobody's.
 */
export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
  }

  /** Reads the file and puts it to use. Never throws. */
  reload(actor: AuditActor): ReloadReport {
    let prepared;
    try {
      prepared = this.prepare(readConfigText(this.#options.source));
    } catch (error) {
      return this.refuse(error, actor);
    }
    return this.commit(prepared, actor);
  }

  /**
   * Everything that can go wrong. Changes nothing but what is masked: secrets of the new config are, from here on.
   * @throws ConfigFileError
   */
  prepare(text: string): PreparedReload {
    const { source, registerSecrets, now } = this.#options;
    const loaded = loadConfigText(text, { ...source, registerSecrets, nowMs: now() });
    const fileName = basename(source.path);
    return {
      generation: loaded.generation,
      text,
      warnings: loaded.warnings.map((warning) => formatProblems([warning], fileName)),
    };
  }

  /**
   * Puts it to use. What follows the swap (the copy, the audit event) may fail without taking it back.
   * Never throws.
   */
  commit({ generation, text, warnings }: PreparedReload, actor: AuditActor): ReloadReport {
    const { current, use, log, metrics, onLoad, source } = this.#options;
    const before = current().config;
    const after = generation.config;
    const changes = diffConfigs(before, after);
    use(generation);
    metrics.onReload('applied');
    metrics.onLastGood(false);
    const detail = describe(before.version === after.version, changes.length === 0);
    const needRestart = changes.map(({ path }) => path).filter((path) => SETTLED_AT_START.has(path));
    for (const warning of warnings) log.warn({}, warning);
    if (needRestart.length > 0) log.warn({ needRestart }, 'some settings act only after a restart');
    log.info(
      {
        configVersion: after.version,
        previousVersion: before.version,
        by: actor.name,
        changes: changes.length,
        paths: changes.slice(0, MAX_LOGGED_PATHS).map(({ path }) => path),
        ...(detail === null ? {} : { detail }),
      },
      'config reloaded',
    );
    this.#keepCopy(text);
    const restart = needRestart.length === 0 ? [] : [`${needRestart.join(', ')}: only after a restart`];
    const details = [...(detail === null ? [] : [detail]), ...restart];
    onLoad({
      verb: 'reloaded',
      actor,
      path: source.path,
      version: after.version,
      changes,
      detail: details.length === 0 ? null : details.join('; '),
    });
    return { ok: true, version: after.version, changes, detail, needRestart };
  }

  /** What becomes of a config that could not be prepared: it is told and counted, and the old one stays. */
  refuse(error: unknown, actor: AuditActor): ReloadReport {
    const { current, log, metrics } = this.#options;
    const { version } = current().config;
    const problems = error instanceof ConfigFileError ? error.problems : [`a bug: ${messageOf(error)}`];
    metrics.onReload('refused');
    log.error(
      { configVersion: version, by: actor.name, problems: problems.slice(0, MAX_LOGGED_PATHS) },
      'the config was not reloaded: the old one stays in use',
    );
    return { ok: false, version, problems };
  }

  #keepCopy(text: string): void {
    const { lastGood, log } = this.#options;
    try {
      lastGood.write(text);
    } catch (error) {
      log.warn({ err: error }, `the copy of the last good config could not be written to ${lastGood.path}`);
    }
  }
}

function describe(isSameText: boolean, isSameConfig: boolean): string | null {
  if (isSameConfig) return isSameText ? 'nothing has changed' : 'only words changed that have no effect';
  return isSameText ? 'the same text: only values that it refers to have changed' : null;
}

/** What `sluice.control.config.reload` is answered with. Settings that wait for a restart are told beside an `ok`. */
export function toReloadReply(report: ReloadReport): Omit<ControlReply<'config.reload'>, 'instance'> {
  if (!report.ok) return { ok: false, problems: [...report.problems], configVersion: report.version };
  const problems = report.needRestart.map((path) => `${path} changed: it acts only after a restart`);
  return { ok: true, problems, configVersion: report.version };
}
