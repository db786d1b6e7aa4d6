import { hostname } from 'node:os';
import { logLevelVar, parseEnv, portVar, urlVar } from '@sluice/config-schema';
import { z } from 'zod';

const schema = z.object({
  EDGE_PROXY_HOST: z.string().optional(),
  EDGE_PROXY_PORT: portVar(0).optional(),
  EDGE_PROXY_OPS_HOST: z.string().default('127.0.0.1'),
  EDGE_PROXY_OPS_PORT: portVar(9080),
  EDGE_PROXY_SHUTDOWN_GRACE_MS: z.coerce.number().int().min(0).max(600_000).optional(),
  NATS_URL: urlVar(['nats:', 'tls:'], 'nats://127.0.0.1:4222'),
  SLUICE_DATA_DIR: z.string().default('.data'),
  SLUICE_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional(),
  SLUICE_LAUNCH_KEY_FILE: z.string().optional(),
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
  /** Caps the config file's `server.shutdownGrace`; undefined: that alone. */
  readonly shutdownGraceMs: number | undefined;
  readonly natsUrl: string;
  readonly dataDir: string;
  readonly instance: string;
  /** File with one more key, allowed for `*`; made by the launcher. */
  readonly launchKeyFile: string | undefined;
  readonly logLevel: z.output<typeof logLevelVar>;
}

/** @throws EnvironmentError that lists every bad variable. */
export function readEdgeProxyConfig(env: NodeJS.ProcessEnv): EdgeProxyConfig {
  const parsed = parseEnv(schema, env);
  return Object.freeze({
    host: parsed.EDGE_PROXY_HOST,
    port:
      env['EDGE_PROXY_PORT'] === undefined || env['EDGE_PROXY_PORT'] === ''
        ? undefined
        : parsed.EDGE_PROXY_PORT,
    opsHost: parsed.EDGE_PROXY_OPS_HOST,
    opsPort: parsed.EDGE_PROXY_OPS_PORT,
    shutdownGraceMs: parsed.EDGE_PROXY_SHUTDOWN_GRACE_MS,
    natsUrl: parsed.NATS_URL,
    dataDir: parsed.SLUICE_DATA_DIR,
    instance: parsed.SLUICE_INSTANCE ?? `edge-proxy-${hostname().slice(0, 40)}-${process.pid}`,
    launchKeyFile: parsed.SLUICE_LAUNCH_KEY_FILE,
    logLevel: parsed.LOG_LEVEL,
  });
}
