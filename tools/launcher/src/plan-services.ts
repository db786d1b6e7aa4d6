import { join } from 'node:path';
import type { LauncherConfig } from './launcher.config.js';
import {
  portsOf,
  SERVICES,
  type ServicePort,
  type ServiceRow,
  type ServiceUrl,
  type StopStage,
} from './service-table.js';

/** One process to run. */
export interface ServicePlan {
  /** Unique: the app's name, for further edges with a number (`edge-proxy-2`). Names the log file and the process record. */
  readonly name: string;
  readonly app: string;
  readonly stopStage: StopStage;
  /** Origin of the data or API port, as a client on this machine writes it. */
  readonly url: string | undefined;
  readonly opsUrl: string;
  readonly ports: readonly PlannedPort[];
  readonly script: string;
  readonly logFile: string;
  /** Everything but the addresses of NATS, Redis and Postgres, which are not known yet. */
  readonly env: Readonly<Record<string, string>>;
  /** Which of those it gets. */
  readonly urls: readonly ServiceUrl[];
}

/** A port that has to be free before the start. */
export interface PlannedPort {
  readonly service: string;
  readonly port: number;
  readonly host: string;
  readonly variable: string;
}

/** What the plan depends on beside the environment. */
export interface PlanInput {
  readonly edges: number;
  /** Port of the config's `server` section; `EDGE_PROXY_PORT` wins over it. */
  readonly configuredEdgePort: number | undefined;
  /** Absolute path of the YAML; undefined when none was found. */
  readonly configFile: string | undefined;
}

/** What every program needs; secrets of other services are not among it. */
const BASE_VARIABLES = [
  ...['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LOG_LEVEL', 'NODE_ENV', 'NODE_OPTIONS'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];
/** Never passed on from the person's environment: each service is given what it needs. */
const WITHHELD = ['NATS_URL', 'REDIS_URL', 'DATABASE_URL', 'CACHE_REDIS_URL', 'SLUICE_ADMIN_PASSWORD'];
const HIGHEST_PORT = 65_535;
const DEMO_PORT = SERVICES[0].port.defaultPort;

/** Plans every process of the table. Pure. @throws Error when consecutive ports would end above 65535 */
export function planServices(config: LauncherConfig, input: PlanInput): ServicePlan[] {
  return SERVICES.flatMap((row: ServiceRow) =>
    Array.from({ length: row.multiple ? input.edges : 1 }, (_, index) =>
      planOne({ config, input, row, index }),
    ),
  );
}

function planOne(place: {
  config: LauncherConfig;
  input: PlanInput;
  row: ServiceRow;
  index: number;
}): ServicePlan {
  const { config, row, index } = place;
  const name = index === 0 ? row.app : `${row.app}-${index + 1}`;
  const ports = portsOf(row).map((port) => ({
    service: name,
    variable: port.variable,
    host: port.host,
    port: portOf(place, port),
  }));
  const over = ports.find(({ port }) => port > HIGHEST_PORT);
  if (over !== undefined)
    throw new Error(`${over.variable} leaves no room for ${index + 1} edges below port 65536.`);
  const opsPort = ports.at(-1)?.port ?? row.opsPort.defaultPort;
  return {
    name,
    app: row.app,
    stopStage: row.stopStage,
    url: row.port === undefined ? undefined : `http://127.0.0.1:${ports[0]?.port ?? row.port.defaultPort}`,
    opsUrl: `http://127.0.0.1:${opsPort}`,
    ports,
    script: join(config.repoRoot, 'apps', row.app, 'dist', 'main.js'),
    logFile: join(config.logsDir, `${name}.log`),
    env: environmentOf(
      place,
      Object.fromEntries(ports.map(({ variable, port }) => [variable, String(port)])),
    ),
    urls: row.urls,
  };
}

function portOf({ config, input, row, index }: Parameters<typeof planOne>[0], port: ServicePort): number {
  const configured = row.app === 'edge-proxy' && port === row.port ? input.configuredEdgePort : undefined;
  return (config.ports.get(port.variable) ?? configured ?? port.defaultPort) + index;
}

function environmentOf(
  { config, input, row }: Parameters<typeof planOne>[0],
  ports: Record<string, string>,
): Record<string, string> {
  const inherited = row.resolvesConfig ? without(config.env, WITHHELD) : only(config.env, row.app);
  return {
    NODE_ENV: 'production',
    ...row.env,
    ...inherited,
    ...(row.resolvesConfig ? edgeVariables(config) : {}),
    ...ports,
    ...(input.configFile === undefined ? {} : { SLUICE_CONFIG: input.configFile }),
    SLUICE_DATA_DIR: config.dataDir,
    ...mapValues(row.secretFiles ?? {}, (name) => join(config.secretsDir, name)),
    ...(row.secrets.length > 0 ? { SLUICE_SECRETS_DIR: config.secretsDir } : {}),
    ...mapValues(row.calls ?? {}, (app) => urlOf(config, app)),
    SLUICE_EXIT_WITH_PARENT: '1',
  };
}

function edgeVariables(config: LauncherConfig): Record<string, string> {
  const cache = config.env['CACHE_REDIS_URL'];
  return {
    // The shipped demo config refers to it.
    DEMO_PROVIDER_PORT: String(config.ports.get('DEMO_PROVIDER_PORT') ?? DEMO_PORT),
    ...(cache === undefined ? {} : { CACHE_REDIS_URL: cache }),
  };
}

/** The address of a service of which there is one. @throws Error when the table has none of that name */
function urlOf(config: LauncherConfig, app: string): string {
  const rows: readonly ServiceRow[] = SERVICES;
  const port = rows.find((row) => row.app === app)?.port;
  if (port === undefined) throw new Error(`the service table has no ${app} with a port`);
  return `http://127.0.0.1:${config.ports.get(port.variable) ?? port.defaultPort}`;
}

function mapValues<Value extends string>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function without(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return pick(env, (name) => !names.includes(name));
}

/** The base, and the variables that carry the service's own name (`LOGGER_…`). */
function only(env: NodeJS.ProcessEnv, app: string): Record<string, string> {
  const prefix = `${app.replaceAll('-', '_').toUpperCase()}_`;
  return pick(env, (name) => BASE_VARIABLES.includes(name) || name.startsWith(prefix));
}

function pick(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && wanted(name)) picked[name] = value;
  }
  return picked;
}
