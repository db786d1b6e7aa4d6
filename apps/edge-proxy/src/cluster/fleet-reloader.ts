// A reload of an edge with several workers: all of them swap, or none.
import type { AuditActor } from '@sluice/contracts';
import type { Logger } from 'pino';
import type { ConfigReloader, PreparedReload, ReloadReport } from '../control/config-reloader.js';
import { ConfigFileError, type ConfigSource, readConfigText } from '../control/config-source.js';
import type { EdgeWorkers } from './edge-workers.js';
import { whyNotShared } from './worker-count.js';
import type { ConfigEdition } from './worker-protocol.js';

export interface FleetReloaderOptions {
  readonly source: ConfigSource;
  /** The primary's own. */
  readonly reloader: ConfigReloader;
  readonly workers: EdgeWorkers;
  /** What the edge has started with. */
  readonly firstText: string;
  readonly log: Logger;
}

/** Reading a large config takes a worker well under a second; it may be busy with requests. */
const STEP_MS = 10_000;

export class FleetReloader {
  readonly #options: FleetReloaderOptions;
  #current: ConfigEdition;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FleetReloaderOptions) {
    this.#options = options;
    this.#current = { edition: 0, text: options.firstText };
  }

  /** What a worker has to start with. */
  get current(): ConfigEdition {
    return this.#current;
  }

  /** Reads the file and puts it to use in every process, one reload after the other. Never rejects. */
  reload(actor: AuditActor): Promise<ReloadReport> {
    const next = this.#last.then(() => this.#reloadNow(actor));
    this.#last = next;
    return next;
  }

  async #reloadNow(actor: AuditActor): Promise<ReloadReport> {
    const { source, reloader, workers } = this.#options;
    const edition = this.#current.edition + 1;
    let prepared: PreparedReload;
    try {
      prepared = reloader.prepare(readConfigText(source));
      const problem = whyNotShared(prepared.generation.config, workers.slots.length);
      if (problem !== null) throw new ConfigFileError(problem);
      await this.#prepareWorkers({ edition, text: prepared.text });
    } catch (error) {
      return reloader.refuse(error, actor);
    }
    // From here on whoever starts has the new one, and nothing takes it back.
    this.#current = { edition, text: prepared.text };
    const answers = await workers.askAll('config.commit', { edition, actor }, STEP_MS);
    for (const answer of answers) if (!answer.ok) this.#replace(answer);
    return reloader.commit(prepared, actor);
  }

  async #prepareWorkers(edition: ConfigEdition): Promise<void> {
    const answers = await this.#options.workers.askAll('config.prepare', edition, STEP_MS);
    const problems = answers.flatMap((answer) =>
      answer.ok ? [] : [`worker ${answer.worker} cannot take it: ${answer.reason}`],
    );
    if (problems.length > 0) throw new ConfigFileError(problems.join('\n'), { problems });
  }

  /** Nobody may go on with the old config when the edge has said that it is reloaded. */
  #replace({ worker, reason }: { readonly worker: number; readonly reason: string }): void {
    const { workers, log } = this.#options;
    log.error({ worker, reason }, 'a worker did not take the new config: another takes its place');
    workers.slots[worker - 1]?.worker?.kill();
  }
}
