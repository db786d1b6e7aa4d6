import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BENCH_KEY, CLIENT_MODEL, PROVIDER_MODEL } from './fixtures.js';
import { BenchProcess } from './bench-process.js';

const HERE = import.meta.dirname;
const EDGE_MAIN = resolve(HERE, '../../../apps/edge-proxy/dist/main.js');
/** The gateway under test; the load, the mock and NATS run on the other core. */
const GATEWAY_CORE = 0;

/** What a target is started with. */
export interface TargetContext {
  readonly port: number;
  readonly upstreamPort: number;
  readonly natsUrl: string;
  readonly dir: string;
  /** The PATH that processes get. */
  readonly path: string | undefined;
}

export interface Target {
  readonly name: string;
  start(context: TargetContext): BenchProcess;
}

const passThrough = (name: string): Target => ({
  name,
  start: ({ port, upstreamPort, path }) =>
    new BenchProcess({
      script: join(HERE, 'pass-through.js'),
      args: [String(port), String(upstreamPort)],
      env: { PATH: path },
      core: GATEWAY_CORE,
    }),
});

const sluice: Target = {
  name: 'sluice',
  start({ port, upstreamPort, natsUrl, dir, path }) {
    const dataDir = join(dir, `edge-${port}`);
    mkdirSync(dataDir, { recursive: true });
    const config = join(dataDir, 'sluice.yaml');
    writeFileSync(config, configText(upstreamPort));
    return new BenchProcess({
      script: EDGE_MAIN,
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
};

/** Key check, routing, strict pass, spool and events are on: nothing of the product is switched off. */
const configText = (upstreamPort: number): string => `
providers:
  mock: { type: openai-compatible, baseUrl: "http://127.0.0.1:${upstreamPort}/v1", allowPrivateNetwork: true, apiKey: "bench-upstream-credential" }
models:
  ${CLIENT_MODEL}: { routes: [{ provider: mock, model: ${PROVIDER_MODEL}, price: { input: 2.5, output: 10 } }] }
keys:
  - { name: bench, key: "${BENCH_KEY}", models: ["*"] }
`;

/** In the order of the table. The baseline stands twice: what differs between the two is noise. */
export const TARGETS: readonly Target[] = [
  passThrough('pass-through'),
  passThrough('pass-through again'),
  sluice,
];
