import { ServiceProcess } from '@sluice/testing';

/** The built metrics-aggregator, running as its own process (`npm run build` first). */
export class AggregatorProcess extends ServiceProcess {
  constructor(env: Readonly<Record<string, string>>) {
    super({ main: new URL('../../dist/main.js', import.meta.url), env: { METRICS_AGGREGATOR_OPS_PORT: '0', ...env } });
  }
}
