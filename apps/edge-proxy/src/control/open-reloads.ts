// Everything about the config that a running process has: its reloader, and what tells of each load.
import { formatProblems } from '@sluice/config-schema';
import type { DependencyState } from '@sluice/service-kit';
import type { Registry } from 'prom-client';
import { type AuditSink, recordConfigLoad } from './config-audit.js';
import { ConfigMetrics } from './config-metrics.js';
import { ConfigReloader, type ConfigReloaderOptions } from './config-reloader.js';
import type { FirstConfig } from './load-first-config.js';

export interface OpenReloadsOptions extends Omit<ConfigReloaderOptions, 'metrics' | 'onLoad'> {
  /** What the process has started with. */
  readonly first: FirstConfig;
  /** For its metrics. Of an edge with workers the primary counts; a worker gives one that nobody reads. */
  readonly registry: Registry;
  /** Takes the audit events; null for a process that is not the voice of its edge. */
  readonly audit: AuditSink | null;
  readonly instance: string;
  readonly mask: (text: string) => string;
}

export interface Reloads {
  readonly reloader: ConfigReloader;
  /** For `/readyz`: not ok, but ready, while the last good copy stands in for a broken file. */
  readonly check: () => DependencyState;
}

/** Tells of the first load, with an alarm when it was not the file's, and makes the reloader. */
export function openReloads(options: OpenReloadsOptions): Reloads {
  const { first, registry, audit, instance, mask, now, source } = options;
  const metrics = new ConfigMetrics(registry);
  const onLoad: ConfigReloaderOptions['onLoad'] = (load) => {
    if (audit !== null) recordConfigLoad(load, { sink: audit, instance, nowMs: now(), mask });
  };
  let standsIn = first.fileProblems !== null;
  metrics.onLastGood(standsIn);
  tellOfFirst(options);
  onLoad({
    verb: 'loaded',
    actor: { kind: 'system', name: 'start' },
    path: source.path,
    version: first.generation.config.version,
    changes: first.changes,
    detail: first.detail,
  });
  const use: ConfigReloaderOptions['use'] = (generation) => {
    options.use(generation);
    standsIn = false;
  };
  return {
    reloader: new ConfigReloader({ ...options, use, metrics, onLoad }),
    check: () => (standsIn ? { ok: false, detail: STANDS_IN } : { ok: true }),
  };
}

const STANDS_IN = 'the config file is broken: the last good copy is in use; mend the file and reload';

function tellOfFirst({ first, log, lastGood, source }: OpenReloadsOptions): void {
  for (const warning of first.warnings)
    log.warn({ path: warning.path }, formatProblems([warning], source.path));
  if (first.copyError !== null) {
    log.warn(
      { err: first.copyError },
      `the copy of the last good config could not be written to ${lastGood.path}`,
    );
  }
  if (first.fileProblems === null) return;
  log.error(
    {
      config: source.path,
      lastGoodCopy: lastGood.path,
      configVersion: first.generation.config.version,
      problems: first.fileProblems,
    },
    STANDS_IN,
  );
}
