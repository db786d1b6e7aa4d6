// What one process needs to serve requests and lose none of their events, and the order in which that ends.
import { join } from 'node:path';
import {
  connectNats,
  EventPublisher,
  EventSpool,
  GroupCommit,
  type NatsLink,
  SharedCooldowns,
} from '@sluice/bus/publishing';
import { createMetricsRegistry, maskSecrets, registerSecrets, type ShutdownStep } from '@sluice/service-kit';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ConfigAtStart } from './control/load-first-config.js';
import { openReloads, type Reloads } from './control/open-reloads.js';
import { createEdgeProxy, type EdgeProxy } from './edge-proxy.js';
import type { EdgeProxyConfig } from './edge-proxy.config.js';
import type { StopPace } from './http/stop-pace.js';
import { HealthReporter } from './reporting/health-reporter.js';
import { recoverIntent } from './reporting/to-request-event.js';

/** Events that NATS did not take in this time stay in the spool for the next start. */
const FLUSH_MS = 3_000;

export interface ServingEdgeOptions {
  readonly env: EdgeProxyConfig;
  readonly config: ConfigAtStart;
  readonly log: Logger;
}

/** An edge with its spool and its way to NATS; it does not listen yet. */
export interface ServingEdge {
  readonly edge: EdgeProxy;
  readonly spool: EventSpool;
  readonly nats: NatsLink;
  readonly metrics: Registry;
  readonly reloads: Reloads;
  /** From the word to clients to the last event. */
  readonly stopSteps: (pace: StopPace) => readonly ShutdownStep[];
}

export async function openServingEdge({ env, config, log }: ServingEdgeOptions): Promise<ServingEdge> {
  const spool = EventSpool.open({ rootDir: join(env.dataDir, 'spool'), recoverIntent, log });
  const records = new GroupCommit(spool);
  const nats = connectNats({ url: env.natsUrl, name: env.instance, log });
  const publisher = new EventPublisher({ spool, nats, log });
  publisher.start();
  const metrics = createMetricsRegistry('edge-proxy', env.instance);
  const { instance } = env;
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
    keepAliveMs: env.keepAliveMs,
  });
  const reloads = openReloads({
    ...config,
    registry: metrics,
    audit: records,
    instance,
    log,
    mask: maskSecrets,
    registerSecrets,
    current: () => edge.holder.current,
    use: (generation) => edge.use(generation),
    now: Date.now,
  });
  cooldowns.start();
  const flush = async (): Promise<void> => {
    cooldowns.stop();
    records.flush();
    await publisher.close(FLUSH_MS);
  };
  return {
    edge,
    spool,
    nats,
    metrics,
    reloads,
    stopSteps: (pace) => toStopSteps(pace, { edge, spool, nats, flush }),
  };
}

interface Stoppable extends Pick<ServingEdge, 'edge' | 'spool' | 'nats'> {
  readonly flush: () => Promise<void>;
}

const toStopSteps = (pace: StopPace, { edge, spool, nats, flush }: Stoppable): readonly ShutdownStep[] => [
  { name: 'word to clients', run: () => edge.announceStop(), timeoutMs: 100 },
  { name: 'open door', run: () => pace.untilDoorCloses(), timeoutMs: pace.preStopMs + 1_000 },
  {
    name: 'requests',
    run: () => edge.drain(pace.graceMs, pace.hurry),
    timeoutMs: pace.graceMs + 2_000,
  },
  { name: 'events', run: flush, timeoutMs: FLUSH_MS + 1_000 },
  { name: 'spool', run: () => spool.close(), timeoutMs: 2_000 },
  { name: 'nats', run: () => nats.close(), timeoutMs: 6_000 },
];

/** How patient this edge's stop is: what the config file says, capped by the environment. */
export const stopPaceOptions = (
  env: EdgeProxyConfig,
  configuredGraceMs: number,
): ConstructorParameters<typeof StopPace>[0] => ({
  preStopMs: env.preStopMs,
  graceMs: Math.min(configuredGraceMs, env.shutdownGraceMs ?? Infinity),
  hurriedGraceMs: env.sigintGraceMs ?? Infinity,
});
