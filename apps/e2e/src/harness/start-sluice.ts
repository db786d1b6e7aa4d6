// The whole system as a person starts it: the launcher of `npm start`, with a data folder and ports of its own.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TempDir, tempDir, waitFor } from '@sluice/testing';
import { Client } from 'pg';
import { DemoLedger } from './demo-ledger.js';
import { freePortBlock } from './free-port-block.js';
import { BlackBox, type ProcessEnd } from './service-process.js';

/** What the system is started with; everything may be absent: then it is the shipped demo on one edge. */
export interface SluiceOptions {
  /** YAML of the gateway; `${DEMO_PROVIDER_PORT}` is the demo provider's. Not together with `configFile`. */
  readonly configText?: string;
  /** Absolute path of the YAML, e.g. when a test changes the file. */
  readonly configFile?: string;
  readonly edges?: number;
  /** Further variables, e.g. `LOG_LEVEL` or those that the config refers to. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the data of an earlier system: `sluice.dataDir` of one that was stopped with `keepData`. */
  readonly dataDir?: string;
}

/** What the launcher writes when all is ready: architecture, "Running it". */
export interface StartFile {
  readonly edgeUrl: string;
  readonly edgeUrls: readonly string[];
  readonly opsUrls: Readonly<Record<string, string | readonly string[]>>;
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly apiKey: string;
  readonly adminUrl: string;
  readonly adminUser: string;
  readonly adminPassword: string;
  readonly pids: Readonly<Record<string, number | readonly number[]>>;
}

/** A running system. */
export interface Sluice extends StartFile, AsyncDisposable {
  /** The demo provider's API, with `/v1`. */
  readonly demoUrl: string;
  readonly demo: DemoLedger;
  /** The export service's own API, which the start file does not name. */
  readonly exportUrl: string;
  readonly dataDir: string;
  readonly launcher: BlackBox;
  /** The start file as it is now: pids change when a child was killed and came back. */
  readStartFile(): StartFile;
  /** POST to the first edge with the launcher's key. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Rows of one statement, over a connection of its own. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** The end of a service's log, e.g. of `edge-proxy`. */
  logTail(service: string): string;
  /** Stops in order and removes the data, unless told otherwise. Gives how the launcher ended. */
  stop(options?: { readonly keepData?: boolean }): Promise<ProcessEnd>;
}

const LAUNCHER = fileURLToPath(new URL('../../../../tools/launcher/dist/main.js', import.meta.url));
/** A first start may fetch binaries and make a database. */
const READY_TIMEOUT_MS = 90_000;
/** Contract: everything stops within 10 s. */
const STOP_TIMEOUT_MS = 12_000;
/** Of the services of which there is one. */
const SINGLE_PORTS = [
  ...['DEMO_PROVIDER_PORT', 'DEMO_PROVIDER_OPS_PORT', 'LOGGER_OPS_PORT', 'METRICS_AGGREGATOR_OPS_PORT'],
  ...['EXPORT_PORT', 'EXPORT_OPS_PORT', 'ADMIN_API_PORT', 'ADMIN_API_OPS_PORT'],
];
const REQUEST_TIMEOUT_MS = 60_000;
const QUERY_TIMEOUT_MS = 15_000;
const MOST_PORT_TRIES = 3;
const LOG_TAIL_UNITS = 8_192;

/**
 * Starts everything and waits until it is ready. Needs a build. `await using` stops it.
 * @throws Error with the end of the launcher's output when it does not come up
 */
export async function startSluice(options: SluiceOptions = {}): Promise<Sluice> {
  const dir = await tempDir('sluice-e2e-');
  const dataDir = options.dataDir ?? join(dir.path, 'data');
  const configFile = writeConfig(options, dir.path);
  // A launcher that was killed leaves its file behind; only a new one says that all is ready.
  rmSync(join(dataDir, 'start.json'), { force: true });
  for (let tries = 1; ; tries += 1) {
    const edges = options.edges ?? 1;
    const ports = await choosePorts(edges);
    const launcher = BlackBox.start({
      script: LAUNCHER,
      args: ['--edges', String(edges)],
      cwd: dir.path,
      env: {
        ...ports,
        ...(configFile === undefined ? {} : { SLUICE_CONFIG: configFile }),
        ...options.env,
        SLUICE_DATA_DIR: dataDir,
      },
    });
    try {
      await waitUntilReady(launcher, join(dataDir, 'start.json'));
      return describe({ launcher, dataDir, dir, ports });
    } catch (error) {
      await launcher.stop(STOP_TIMEOUT_MS);
      // Another test may have taken a port between our look and the launcher's, or between that and the service's own.
      const mayRetry = /ports? .*(?:are|is) in use/.test(launcher.output) && tries < MOST_PORT_TRIES;
      if (mayRetry) continue;
      await dir.remove();
      throw error;
    }
  }
}

function writeConfig({ configText, configFile }: SluiceOptions, folder: string): string | undefined {
  if (configText === undefined) return configFile;
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, configText);
  return file;
}

/** Variables that move ports. */
type Ports = Readonly<Record<string, string>>;

async function choosePorts(edges: number): Promise<Ports> {
  const first = await freePortBlock(2 * edges + SINGLE_PORTS.length);
  const env: Record<string, string> = {
    EDGE_PROXY_PORT: String(first),
    EDGE_PROXY_OPS_PORT: String(first + edges),
  };
  SINGLE_PORTS.forEach((variable, index) => (env[variable] = String(first + 2 * edges + index)));
  return env;
}

async function waitUntilReady(launcher: BlackBox, startFile: string): Promise<void> {
  const isReady = waitFor(() => readStart(startFile), { timeoutMs: READY_TIMEOUT_MS, intervalMs: 50 });
  const tooEarly = launcher.ended.then(({ code, signal }) => {
    throw new Error(`the launcher ended (${signal ?? code}) before all was ready:\n${launcher.output}`);
  });
  // The loser of the race must not become an unhandled rejection.
  isReady.catch(() => undefined);
  tooEarly.catch(() => undefined);
  await Promise.race([isReady, tooEarly]).catch((error: unknown) => {
    if (!launcher.isRunning) throw error;
    throw new Error(`not ready after ${READY_TIMEOUT_MS} ms:\n${launcher.output}`, { cause: error });
  });
}

/** Throws while the file is not there. */
function readStart(file: string): StartFile {
  // Our own launcher has written it, in one step; its shape is part of the contract.
  return JSON.parse(readFileSync(file, 'utf8')) as StartFile;
}

interface Running {
  readonly launcher: BlackBox;
  readonly dataDir: string;
  readonly dir: TempDir;
  readonly ports: Ports;
}

function describe({ launcher, dataDir, dir, ports }: Running): Sluice {
  const startFile = join(dataDir, 'start.json');
  const start = readStart(startFile);
  const stop = async ({ keepData = false } = {}): Promise<ProcessEnd> => {
    const end = await launcher.stop(STOP_TIMEOUT_MS);
    if (!keepData) await dir.remove();
    return end;
  };
  return {
    ...start,
    demoUrl: `http://127.0.0.1:${ports['DEMO_PROVIDER_PORT']}/v1`,
    exportUrl: `http://127.0.0.1:${ports['EXPORT_PORT']}`,
    demo: new DemoLedger(opsUrlOf(start, 'demo-provider')),
    dataDir,
    launcher,
    readStartFile: () => readStart(startFile),
    post: (path, body, headers = {}) =>
      fetch(`${start.edgeUrl}${path}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { authorization: `Bearer ${start.apiKey}`, 'content-type': 'application/json', ...headers },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      }),
    query: (sql, values = []) => runQuery(readStart(startFile).databaseUrl, sql, values),
    logTail: (service) =>
      readFileSync(join(dataDir, 'logs', `${service}.log`), 'utf8').slice(-LOG_TAIL_UNITS),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function opsUrlOf(start: StartFile, service: string): string {
  const url = start.opsUrls[service];
  if (typeof url !== 'string') throw new Error(`start.json has no ops URL of ${service}`);
  return url;
}

async function runQuery(
  connectionString: string,
  sql: string,
  values: readonly unknown[],
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // Told by the query that it breaks.
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
    return rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
