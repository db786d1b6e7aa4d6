// One edge in front of one demo provider, with everything that it tells: its events, its health, the provider's ledger.
import { randomBytes } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  cloudEventSchema,
  HEALTH_SUBJECTS,
  type HealthChanged,
  healthChangedSchema,
} from '@sluice/contracts';
import type { RequestCompleted } from '@sluice/contracts';
import { type ServiceProcess, startDemoProvider, startEdge } from '../cases/edge-process.js';
import { type EventLog, startEventLog } from '../cases/event-log.js';
import { DemoLedger } from '../harness/demo-ledger.js';
import type { Gateway, Seen } from './drive-load.js';

/** A provider of the config, without what all have in common. */
export interface BenchProvider {
  readonly baseUrl: string;
  readonly [more: string]: unknown;
}

/** The sections of a config that differ from suite to suite. */
export interface BenchSections {
  readonly providers: Readonly<Record<string, BenchProvider>>;
  readonly models: Readonly<Record<string, object>>;
  readonly [section: string]: object;
}

export interface Bench extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly edge: ServiceProcess;
  readonly ledger: DemoLedger;
  /** Health events so far, each once. */
  health(): readonly HealthChanged[];
  /** The event of each request; waits for them. */
  eventsOf(seen: readonly Seen[]): Promise<readonly RequestCompleted[]>;
}

/** @param sections gets the demo provider's address, `http://127.0.0.1:<port>` */
export async function startBench(
  sections: (demoUrl: string) => BenchSections | Promise<BenchSections>,
): Promise<Bench> {
  const [demo, events] = await Promise.all([startDemoProvider(), startEventLog()]);
  const health = await openHealthLog(events);
  const key = `bench-${randomBytes(24).toString('hex')}`;
  const { providers, ...rest } = await sections(demo.url);
  const edge = await startEdge({
    natsUrl: events.natsUrl,
    config: {
      ...rest,
      providers: Object.fromEntries(
        Object.entries(providers).map(([name, provider]) => [name, { ...COMMON, ...provider }]),
      ),
      keys: [{ name: 'bench', key }],
    },
  });
  return {
    gateway: { url: edge.url, key },
    edge,
    ledger: new DemoLedger(demo.opsUrl),
    health: health.all,
    eventsOf: (seen) => Promise.all(seen.map(({ requestId }) => events.eventOf(requestId))),
    [Symbol.asyncDispose]: async () => {
      await edge.stop();
      await Promise.all([demo.stop(), health.close()]);
      await events.close();
    },
  };
}

const COMMON = {
  type: 'openai-compatible',
  apiKey: 'bench-provider-secret',
  allowPrivateNetwork: true,
  sendAttemptId: true,
};

/** Breakers that never open, for suites about what they would hide. */
export const NO_BREAKER = { consecutiveFailures: 1_000_000, minRequests: 1_000_000 };

async function openHealthLog({ natsUrl }: EventLog): Promise<{
  all: () => readonly HealthChanged[];
  close: () => Promise<void>;
}> {
  const connection = await connect({ servers: natsUrl });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'SLUICE_HEALTH', subjects: [HEALTH_SUBJECTS] });
  const events = new Map<string, HealthChanged>();
  connection.subscribe(HEALTH_SUBJECTS, {
    callback: (_error, message) => {
      // Health events travel one by one.
      const event = healthChangedSchema.parse(cloudEventSchema.parse(message.json()).data);
      events.set(event.eventId, event);
    },
  });
  await connection.flush();
  return { all: () => [...events.values()], close: () => connection.close() };
}
