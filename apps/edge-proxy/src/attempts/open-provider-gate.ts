import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConfigHolder } from '../control/config-holder.js';
import { type GateStats, ProviderGate, type WorkerShare } from './provider-gate.js';

/** The gate of this process over the current config, with its metrics. To be told of reloads by `onReload`. */
export function openProviderGate(options: {
  readonly holder: ConfigHolder;
  readonly registry: Registry;
  readonly share: WorkerShare;
}): ProviderGate {
  const { holder, registry, share } = options;
  const refused = new Counter({
    name: 'sluice_edge_provider_refused_total',
    help: 'Requests that did not get their turn at a provider with maxConcurrency, by provider and reason.',
    labelNames: ['provider', 'reason'],
    registers: [registry],
  });
  const gate = new ProviderGate({
    currentProvider: (name) => holder.current.config.providers.get(name),
    share,
    now: () => performance.now(),
    setTimer: (run, delayMs) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    onRefused: (provider, reason) => refused.inc({ provider, reason }),
  });
  const gauges = [
    [
      'sluice_edge_provider_in_flight',
      'Calls that hold a place of a provider with maxConcurrency.',
      'inFlight',
    ],
    [
      'sluice_edge_provider_queued',
      'Requests that wait for a place at a provider with maxConcurrency.',
      'queued',
    ],
  ] as const;
  for (const [name, help, field] of gauges) registerGauge(registry, { name, help, field }, gate);
  return gate;
}

function registerGauge(
  registry: Registry,
  { name, help, field }: { name: string; help: string; field: Exclude<keyof GateStats, 'provider'> },
  gate: ProviderGate,
): void {
  new Gauge({
    name,
    help,
    labelNames: ['provider'],
    registers: [registry],
    collect() {
      this.reset();
      for (const stats of gate.stats()) this.set({ provider: stats.provider }, stats[field]);
    },
  });
}
