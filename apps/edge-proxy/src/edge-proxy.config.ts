import { isNatsUrl, NATS_URL_EXAMPLE } from '@sluice/bus/publishing';
import { logLevelVar, parseEnv, portVar } from '@sluice/config-schema';
import { instanceName } from '@sluice/service-kit';
import { z } from 'zod';
import type { WorkerShare } from './attempts/provider-gate.js';

/** Long enough for the usual load balancer to ask `/readyz` twice. */
const PRESTOP_MS = 5_000;
const LONGEST_STOP_MS = 600_000;
const stopMsVar = z.coerce.number().int().min(0).max(LONGEST_STOP_MS);

/** What libuv has when nobody says otherwise; it does with any text, so nothing here is an error. */
const LIBUV_THREADS = 4;

const schema = z.object({
  EDGE_PROXY_HOST: z.string().optional(),
  EDGE_PROXY_PORT: portVar(0).optional(),
  EDGE_PROXY_OPS_HOST: z.string().default('127.0.0.1'),
  EDGE_PROXY_OPS_PORT: portVar(9080),
  EDGE_PROXY_PRESTOP_MS: stopMsVar.default(PRESTOP_MS),
  EDGE_PROXY_SHUTDOWN_GRACE_MS: stopMsVar.optional(),
  EDGE_PROXY_SIGINT_GRACE_MS: stopMsVar.optional(),
  EDGE_PROXY_KEEP_ALIVE_MS: z.coerce.number().int().min(100).max(600_000).optional(),
  EDGE_PROXY_LOAD_SHEDDING: z.enum(['on', 'off']).default('on'),
  // Never repeated in a message: it may hold a password.
  NATS_URL: z
    .custom<string>((text) => typeof text === 'string' && isNatsUrl(text), {
      error: `must be an address like ${NATS_URL_EXAMPLE}`,
    })
    .default('nats://127.0.0.1:4222'),
  SLUICE_DATA_DIR: z.string().default('.data'),
  // Set by the primary for its workers: `2/4`.
  EDGE_PROXY_WORKER: z
    .string()
    .regex(/^\d{1,3}\/\d{1,3}$/)
    .optional(),
  SLUICE_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/)
    .optional(),
  SLUICE_LAUNCH_KEY_FILE: z.string().optional(),
  // Set by `main.ts` before the first of them is started.
  UV_THREADPOOL_SIZE: z.coerce.number().int().min(1).max(1_024).catch(LIBUV_THREADS).default(LIBUV_THREADS),
  LOG_LEVEL: logLevelVar,
});

/** This process's environment, read once. */
export interface EdgeProxyConfig {
  /** Undefined: the config file's `server.host`. */
  readonly host: string | undefined;
  /** Undefined: the config file's `server.port`. */
  readonly port: number | undefined;
  readonly opsHost: string;
  readonly opsPort: number;
  /** How long SIGTERM leaves the door open, so that load balancers can look elsewhere. */
  readonly preStopMs: number;
  /** Caps the config file's `server.shutdownGrace`; undefined: that alone. */
  readonly shutdownGraceMs: number | undefined;
  /** Caps it further for SIGINT; undefined: as for SIGTERM. */
  readonly sigintGraceMs: number | undefined;
  /** How long the client of a stream hears nothing at the most; undefined: 15 s. */
  readonly keepAliveMs: number | undefined;
  /** Whether requests are turned away when this process's event loop is late or its memory full. */
  readonly shedsByLoad: boolean;
  /** How many names the system looks up at once: libuv leaves lookups half of its threads. */
  readonly lookupThreads: number;
  readonly natsUrl: string;
  readonly dataDir: string;
  /** A worker's has its number behind it: `edge-1-w2`. */
  readonly instance: string;
  /** Which of the edge's processes this one is; undefined when it is none of several, or their primary. */
  readonly share: WorkerShare | undefined;
  /** File with one more key, allowed for `*`; made by the launcher. */
  readonly launchKeyFile: string | undefined;
  readonly logLevel: z.output<typeof logLevelVar>;
}

/** @throws EnvironmentError that lists every bad variable. */
export function readEdgeProxyConfig(env: NodeJS.ProcessEnv): EdgeProxyConfig {
  const parsed = parseEnv(schema, env);
  const share = parsed.EDGE_PROXY_WORKER === undefined ? undefined : toShare(parsed.EDGE_PROXY_WORKER);
  const instance = parsed.SLUICE_INSTANCE ?? instanceName('edge-proxy');
  return Object.freeze({
    host: parsed.EDGE_PROXY_HOST,
    port:
      env['EDGE_PROXY_PORT'] === undefined || env['EDGE_PROXY_PORT'] === ''
        ? undefined
        : parsed.EDGE_PROXY_PORT,
    opsHost: parsed.EDGE_PROXY_OPS_HOST,
    opsPort: parsed.EDGE_PROXY_OPS_PORT,
    preStopMs: parsed.EDGE_PROXY_PRESTOP_MS,
    shutdownGraceMs: parsed.EDGE_PROXY_SHUTDOWN_GRACE_MS,
    sigintGraceMs: parsed.EDGE_PROXY_SIGINT_GRACE_MS,
    keepAliveMs: parsed.EDGE_PROXY_KEEP_ALIVE_MS,
    shedsByLoad: parsed.EDGE_PROXY_LOAD_SHEDDING === 'on',
    lookupThreads: Math.floor((parsed.UV_THREADPOOL_SIZE + 1) / 2),
    natsUrl: parsed.NATS_URL,
    dataDir: parsed.SLUICE_DATA_DIR,
    instance: share === undefined ? instance : `${instance}-w${share.index + 1}`,
    share,
    launchKeyFile: parsed.SLUICE_LAUNCH_KEY_FILE,
    logLevel: parsed.LOG_LEVEL,
  });
}

/** `2/4` is the second of four. */
function toShare(text: string): WorkerShare {
  const [number = 1, count = 1] = text.split('/').map(Number);
  return { index: number - 1, count };
}
