import { Counter, Gauge, type Registry } from 'prom-client';

/** How an attempt to reload ended. */
export type ReloadResult = 'applied' | 'refused';

/** Numbers of this process about its config. */
export class ConfigMetrics {
  readonly #reloads: Counter;
  readonly #lastGood: Gauge;

  constructor(registry: Registry) {
    this.#reloads = new Counter({
      name: 'sluice_edge_config_reloads_total',
      help: 'Reloads of the config, by result: applied or refused (the file has mistakes, or a worker could not take it).',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of ['applied', 'refused'] satisfies ReloadResult[]) this.#reloads.inc({ result }, 0);
    this.#lastGood = new Gauge({
      name: 'sluice_edge_config_last_good_in_use',
      help: '1 while the edge runs on its copy of the last good config, since the file was invalid at start.',
      registers: [registry],
    });
  }

  onReload(result: ReloadResult): void {
    this.#reloads.inc({ result });
  }

  onLastGood(isInUse: boolean): void {
    this.#lastGood.set(isInUse ? 1 : 0);
  }
}
