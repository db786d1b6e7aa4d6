// What the SDK suites run against: a real edge between the client and one demo provider, which it reaches in both dialects.
import { randomBytes } from 'node:crypto';
import { standIn } from '@sluice/testing';
import { afterAll, beforeAll } from 'vitest';
import { type ServiceProcess, startDemoProvider, startEdge } from '../cases/edge-process.js';
import { type EventLog, startEventLog } from '../cases/event-log.js';

/** The kinds of provider behind the edge; each suite runs once for each. */
export const PROVIDER_KINDS = ['openai-compatible', 'anthropic'] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/** The demo provider's models: what follows the name is its misbehaviour. Those that do chat are there once a kind. */
const CHAT_MODELS = {
  fast: 'demo-fast',
  paced: 'demo-chat+pace=40+tokens=200',
  reasoner: 'demo-reasoner+pace=0',
  'rate-limited': 'demo-fault-429:3',
  'no-quota': 'demo-fault-quota',
  'too-long': 'demo-fault-context',
  slow: 'demo-fast+fault=slow:30000',
  unavailable: 'demo-fault-503',
  overloaded: 'demo-fault-529',
  breaks: 'demo-fast+tokens=40+fault=error-event:5',
  'is-cut': 'demo-fast+tokens=40+fault=end:5',
  'has-slash/and:colon': 'demo-fast',
};
const EMBEDDINGS = { embed: 'demo-embed' };

/** The name under which clients ask for a model of a kind of provider. */
export const modelOf = (kind: ProviderKind, name: string): string => `${kind}.${name}`;

/** What misbehaves has a provider of its own: what cools that one's credential must not cool the next test's. */
const chatRoutes = PROVIDER_KINDS.flatMap((kind) =>
  Object.entries(CHAT_MODELS).map(([name, model]) => ({
    name: modelOf(kind, name),
    kind,
    provider: model.includes('fault') ? `${kind}-${name}` : kind,
    model,
  })),
);

/** All that the key may use, in the order of the config. */
export const MODEL_NAMES: readonly string[] = [
  ...chatRoutes.map(({ name }) => name),
  ...Object.keys(EMBEDDINGS),
];

export interface SdkGateway {
  readonly edge: ServiceProcess;
  readonly events: EventLog;
  /** For every model. */
  readonly key: string;
  /** For `embed` alone. */
  readonly narrowKey: string;
  /** How many calls the provider is working on. */
  callsInFlight(): Promise<number>;
  close(): Promise<void>;
}

/** A gateway for all tests of a file: call it at its top. */
export function gatewayOfAllTests(): SdkGateway {
  let gateway: SdkGateway | undefined;
  beforeAll(async () => {
    gateway = await startSdkGateway();
  });
  afterAll(() => gateway?.close());
  return standIn(() => gateway);
}

/** Starts everything on free ports. */
async function startSdkGateway(): Promise<SdkGateway> {
  const [demo, events] = await Promise.all([startDemoProvider(), startEventLog()]);
  const key = `sdk-${randomBytes(24).toString('hex')}`;
  const narrowKey = `narrow-${randomBytes(24).toString('hex')}`;
  const baseUrls = { anthropic: demo.url, 'openai-compatible': `${demo.url}/v1` };
  const embeddingRoutes = Object.entries(EMBEDDINGS).map(([name, model]) => {
    const kind = 'openai-compatible' as const;
    return { name, kind, provider: kind, model };
  });
  const routes = [...chatRoutes, ...embeddingRoutes];
  const edge = await startEdge({
    natsUrl: events.natsUrl,
    config: {
      providers: Object.fromEntries(
        routes.map(({ provider, kind }) => [
          provider,
          { type: kind, baseUrl: baseUrls[kind], allowPrivateNetwork: true },
        ]),
      ),
      models: Object.fromEntries(
        routes.map(({ name, provider, model }) => [name, { routes: [{ provider, model }] }]),
      ),
      // What the SDKs make of an error is to be seen, not how long the gateway tries to spare them it.
      retry: { initialBackoff: '10ms', maxBackoff: '50ms', maxRetryAfterWait: '0s' },
      keys: [
        { name: 'sdk', key, models: ['*', '*/*'] },
        { name: 'narrow', key: narrowKey, models: ['embed'] },
      ],
    },
  });
  return {
    edge,
    events,
    key,
    narrowKey,
    callsInFlight: async () => {
      const answer = await fetch(`${demo.opsUrl}/ledger/totals`, { signal: AbortSignal.timeout(1_000) });
      const totals = (await answer.json()) as { concurrency: { current: number } };
      return totals.concurrency.current;
    },
    close: async () => {
      await edge.stop();
      await Promise.all([demo.stop(), events.close()]);
    },
  };
}
