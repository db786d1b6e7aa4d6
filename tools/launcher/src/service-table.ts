// Every service that `npm start` runs: one row each. A new app joins here and nowhere else.
import type { SecretFileName } from './secret-files.js';

/**
 * When a service is stopped: first what takes requests from outside, then what that calls and what reads its events.
 * The admin API is at the front, since it forwards downloads to the export service and calls on edges.
 */
export type StopStage = 'front' | 'consumer';

/** Addresses of servers. */
export const SERVER_URLS = ['NATS_URL', 'REDIS_URL', 'DATABASE_URL'] as const;
/** One that a service gets; all others are taken out of its environment. */
export type ServiceUrl = (typeof SERVER_URLS)[number];

/** A port that a service listens on. */
export interface ServicePort {
  /** Moves it. */
  readonly variable: string;
  readonly defaultPort: number;
  /** What the port check binds, as the service will. */
  readonly host: string;
}

/** One row of the table. */
export interface ServiceRow {
  /** Folder below `apps/`, and the key in `start.json`. */
  readonly app: string;
  readonly stopStage: StopStage;
  /** Data or API port, if there is one. */
  readonly port?: ServicePort;
  /** Where `/readyz` is. */
  readonly opsPort: ServicePort;
  readonly urls: readonly ServiceUrl[];
  /** True: the config may refer to any variable (`\${OPENAI_API_KEY}`), so the person's whole environment is passed on. */
  readonly resolvesConfig: boolean;
  /** True: `--edges N` starts N of them on consecutive ports. */
  readonly multiple: boolean;
  /** Further variables, unless the person has set them. */
  readonly env?: Readonly<Record<string, string>>;
  /** The files of the secrets folder that it reads; who reads none is not told where the folder is. */
  readonly secrets: readonly SecretFileName[];
  /** Variables that hold the path of one of them. */
  readonly secretFiles?: Readonly<Record<string, SecretFileName>>;
  /** Variables that hold the address of another service's `port`. */
  readonly calls?: Readonly<Record<string, string>>;
}

const LOOPBACK = '127.0.0.1';

export const SERVICES = [
  {
    app: 'demo-provider',
    stopStage: 'consumer',
    port: { variable: 'DEMO_PROVIDER_PORT', defaultPort: 8099, host: LOOPBACK },
    opsPort: { variable: 'DEMO_PROVIDER_OPS_PORT', defaultPort: 9199, host: LOOPBACK },
    urls: [],
    resolvesConfig: false,
    secrets: [],
    multiple: false,
  },
  {
    app: 'logger',
    stopStage: 'consumer',
    opsPort: { variable: 'LOGGER_OPS_PORT', defaultPort: 9192, host: LOOPBACK },
    urls: ['NATS_URL', 'DATABASE_URL'],
    resolvesConfig: false,
    secrets: [],
    multiple: false,
  },
  {
    app: 'metrics-aggregator',
    stopStage: 'consumer',
    opsPort: { variable: 'METRICS_AGGREGATOR_OPS_PORT', defaultPort: 9193, host: LOOPBACK },
    urls: ['NATS_URL', 'DATABASE_URL'],
    resolvesConfig: false,
    secrets: [],
    multiple: false,
  },
  {
    app: 'export',
    stopStage: 'consumer',
    port: { variable: 'EXPORT_PORT', defaultPort: 8091, host: LOOPBACK },
    opsPort: { variable: 'EXPORT_OPS_PORT', defaultPort: 9191, host: LOOPBACK },
    urls: ['NATS_URL', 'DATABASE_URL'],
    resolvesConfig: false,
    secrets: [],
    multiple: false,
  },
  {
    app: 'admin-api',
    stopStage: 'front',
    port: { variable: 'ADMIN_API_PORT', defaultPort: 8090, host: LOOPBACK },
    opsPort: { variable: 'ADMIN_API_OPS_PORT', defaultPort: 9190, host: LOOPBACK },
    urls: ['NATS_URL', 'DATABASE_URL'],
    resolvesConfig: false,
    secrets: ['session-secret', 'admin-password'],
    multiple: false,
    secretFiles: { SLUICE_ADMIN_PASSWORD_FILE: 'admin-password' },
    calls: { EXPORT_URL: 'export' },
  },
  {
    app: 'edge-proxy',
    stopStage: 'front',
    port: { variable: 'EDGE_PROXY_PORT', defaultPort: 8080, host: '0.0.0.0' },
    opsPort: { variable: 'EDGE_PROXY_OPS_PORT', defaultPort: 9080, host: LOOPBACK },
    urls: ['NATS_URL', 'REDIS_URL'],
    resolvesConfig: true,
    secrets: ['launch-key'],
    multiple: true,
    secretFiles: { SLUICE_LAUNCH_KEY_FILE: 'launch-key' },
    // Shorter than the 4 s after which the launcher insists: open streams end with a word, not with a cut.
    env: { EDGE_PROXY_SIGINT_GRACE_MS: '2500' },
  },
] as const satisfies readonly ServiceRow[];

/** The ports of a row, data or API first. */
export function portsOf(row: ServiceRow): ServicePort[] {
  return row.port === undefined ? [row.opsPort] : [row.port, row.opsPort];
}

/** Every variable that moves a port. */
export const PORT_VARIABLES: readonly string[] = SERVICES.flatMap(portsOf).map(({ variable }) => variable);
