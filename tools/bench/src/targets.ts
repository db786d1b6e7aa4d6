import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BENCH_KEY, CLIENT_MODELS, type Dialect, PROVIDER_MODELS } from './fixtures.js';
import { BenchProcess } from './bench-process.js';

const HERE = import.meta.dirname;
const EDGE_MAIN = 'apps/edge-proxy/dist/main.js';
const THIS_CHECKOUT = resolve(HERE, '../../..');
/** The gateway under test; the load, the mock and NATS run on the other core. */
const GATEWAY_CORE = 0;

/** What a gateway is started with. */
export interface GatewayContext {
  readonly port: number;
  readonly upstreamPort: number;
  readonly natsUrl: string;
  readonly dir: string;
  /** The PATH that processes get. */
  readonly path: string | undefined;
}

/** A process that stands between the load and the mock. */
export interface Gateway {
  start(context: GatewayContext): BenchProcess;
}

/** One row of the table: a gateway under one kind of load. Rows may share a gateway. */
export interface Target {
  readonly name: string;
  readonly gateway: Gateway;
  readonly client: Dialect;
  readonly provider: Dialect;
}

const passThrough = (): Gateway => ({
  start: ({ port, upstreamPort, path }) =>
    new BenchProcess({
      script: join(HERE, 'pass-through.js'),
      args: [String(port), String(upstreamPort)],
      env: { PATH: path },
      core: GATEWAY_CORE,
    }),
});

/** @param checkout folder of a built checkout */
const edgeOf = (checkout: string): Gateway => ({
  start({ port, upstreamPort, natsUrl, dir, path }) {
    const dataDir = join(dir, `edge-${port}`);
    mkdirSync(dataDir, { recursive: true });
    const config = join(dataDir, 'sluice.yaml');
    writeFileSync(config, configText(upstreamPort));
    return new BenchProcess({
      script: join(checkout, EDGE_MAIN),
      args: [],
      env: {
        PATH: path,
        SLUICE_CONFIG: config,
        SLUICE_DATA_DIR: dataDir,
        NATS_URL: natsUrl,
        EDGE_PROXY_HOST: '127.0.0.1',
        EDGE_PROXY_PORT: String(port),
        EDGE_PROXY_OPS_PORT: '0',
        LOG_LEVEL: 'warn',
      },
      core: GATEWAY_CORE,
    });
  },
});

const sluice = edgeOf(THIS_CHECKOUT);

/** Key check, routing, strict pass, spool and events are on: nothing of the product is switched off. */
const configText = (upstreamPort: number): string => `
providers:
  mock: { type: openai-compatible, baseUrl: "http://127.0.0.1:${upstreamPort}/v1", allowPrivateNetwork: true, apiKey: "bench-upstream-credential" }
  mock-claude: { type: anthropic, baseUrl: "http://127.0.0.1:${upstreamPort}", allowPrivateNetwork: true, apiKey: "bench-upstream-credential" }
models:
  ${CLIENT_MODELS.chat}: { routes: [{ provider: mock, model: ${PROVIDER_MODELS.chat}, price: { input: 2.5, output: 10 } }] }
  ${CLIENT_MODELS.messages}: { routes: [{ provider: mock-claude, model: ${PROVIDER_MODELS.messages}, price: { input: 2.5, output: 10 } }] }
keys:
  - { name: bench, key: "${BENCH_KEY}", models: ["*"] }
`;

const row = (name: string, gateway: Gateway, dialects: readonly [Dialect, Dialect]): Target => ({
  name,
  gateway,
  client: dialects[0],
  provider: dialects[1],
});

/** A comparison. */
export interface Kind {
  readonly isStream: boolean;
  /** In the order of the table. The baseline stands twice: what differs between the two is noise. */
  readonly targets: readonly Target[];
}

const AGAINST_NODE: readonly Target[] = [
  row('pass-through', passThrough(), ['chat', 'chat']),
  row('pass-through again', passThrough(), ['chat', 'chat']),
  row('sluice', sluice, ['chat', 'chat']),
];

/** All in one edge: the baseline is that edge where it has nothing to translate. */
const AGAINST_ITSELF: readonly Target[] = [
  row('chat to chat', sluice, ['chat', 'chat']),
  row('chat to chat again', sluice, ['chat', 'chat']),
  row('messages to messages', sluice, ['messages', 'messages']),
  row('chat to messages', sluice, ['chat', 'messages']),
  row('messages to chat', sluice, ['messages', 'chat']),
];

/** By the name that `--kind` takes. */
export const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['plain', { isStream: false, targets: AGAINST_NODE }],
  ['stream', { isStream: true, targets: AGAINST_NODE }],
  ['translation', { isStream: false, targets: AGAINST_ITSELF }],
  ['translation-stream', { isStream: true, targets: AGAINST_ITSELF }],
]);

/**
 * This checkout's edge against another's, e.g. of the commit before.
 * @param checkout folder of the other one; it has been built
 */
export const againstCheckout = (checkout: string, { isStream }: Kind): Kind => {
  const other = resolve(checkout);
  return {
    isStream,
    targets: [
      row('other checkout', edgeOf(other), ['chat', 'chat']),
      row('other checkout again', edgeOf(other), ['chat', 'chat']),
      row('this checkout', sluice, ['chat', 'chat']),
    ],
  };
};
