// What one process needs to serve requests and lose none of their events, and the order in which that ends.
import { SharedCooldowns } from '@sluice/bus/publishing';
import { createMetricsRegistry, maskSecrets, registerSecrets, type ShutdownStep } from '@sluice/service-kit';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { ConfigAtStart } from './control/load-first-config.js';
import { openReloads, type Reloads } from './control/open-reloads.js';
import { createEdgeProxy, type EdgeProxy } from './edge-proxy.js';
import type { EdgeProxyConfig } from './edge-proxy.config.js';
import { type EventPipe, openEventPipe } from './event-pipe.js';
import type { StopPace } from './http/stop-pace.js';
import { HealthReporter } from './reporting/health-reporter.js';

export interface ServingEdgeOptions {
  readonly env: EdgeProxyConfig;
  readonly config: ConfigAtStart;
  readonly log: Logger;
}

/** An edge with its spool and its way to NATS; it does not listen yet. */
export interface ServingEdge extends Pick<EventPipe, 'spool' | 'nats'> {
  readonly edge: EdgeProxy;
  readonly metrics: Registry;
  readonly reloads: Reloads;
  /** From the word to clients to the last event. */
  readonly stopSteps: (pace: StopPace) => readonly ShutdownStep[];
}

export async function openServingEdge({ env, config, log }: ServingEdgeOptions): Promise<ServingEdge> {
  const pipe = openEventPipe(env, log);
  const { spool, records, nats } = pipe;
  const metrics = createMetricsRegistry('edge-proxy', env.instance);
  const { instance, share } = env;
  const cooldowns = new SharedCooldowns({
    nats,
    instance,
    log,
    onFact: (fact) => edge.health.applyRemoteCooldown(fact),
  });
  const healthListener = new HealthReporter({
    sink: records,
    cooldowns,
    instance,
    configVersion: () => edge.holder.current.config.version,
    now: Date.now,
  });
  const edge = await createEdgeProxy({
    generation: config.first.generation,
    sink: records,
    healthListener,
    instance,
    log,
    metrics,
    share,
    sharesProcess: !env.shedsByLoad,
    keepAliveMs: env.keepAliveMs,
    lookupThreads: env.lookupThreads,
  });
  const reloads = openReloads({
    ...config,
    // A worker's loads are told by its primary.
    registry: share === undefined ? metrics : new Registry(),
    audit: share === undefined ? records : null,
    instance,
    log,
    mask: maskSecrets,
    registerSecrets,
    current: () => edge.holder.current,
    use: (generation) => edge.use(generation),
    now: Date.now,
  });
  cooldowns.start();
  const stopSharing = { name: 'cooldowns', run: () => cooldowns.stop(), timeoutMs: 100 };
  return {
    edge,
    spool,
    nats,
    metrics,
    reloads,
    stopSteps: (pace) => [...drainSteps(edge, pace), stopSharing, pipe.flushStep, ...pipe.closeSteps],
  };
}

const drainSteps = (edge: EdgeProxy, pace: StopPace): readonly ShutdownStep[] => [
  { name: 'word to clients', run: () => edge.announceStop(), timeoutMs: 100 },
  { name: 'open door', run: () => pace.untilDoorCloses(), timeoutMs: pace.preStopMs + 1_000 },
  {
    name: 'requests',
    run: () => edge.drain(pace.graceMs, pace.hurry),
    timeoutMs: pace.graceMs + 2_000,
  },
];
