import { isNatsUrl } from '@sluice/bus';
import { logLevelVar, parseEnv, portVar, urlVar } from '@sluice/config-schema';
import { secretsInAddresses } from '@sluice/service-kit';
import { z } from 'zod';

/** One server or several with commas between; the value may hold a password and is not repeated. */
const natsUrlVar = z
  .string({ error: 'must be an address like nats://host:4222' })
  .refine(isNatsUrl, { error: 'must be an address like nats://host:4222 or tls://user:password@host:4222' });

/** What `Host` may say, without a port; an IPv6 address stands in brackets there. */
const HOST_NAME = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/;
const hostNamesVar = z
  .string()
  .default('localhost,127.0.0.1,[::1],export')
  .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
  .refine((names) => names.every((name) => HOST_NAME.test(name)), {
    error: 'must be names without ports, with commas between, like localhost,[::1],export',
  });

const environmentSchema = z.object({
  DATABASE_URL: urlVar(['postgres:', 'postgresql:']),
  NATS_URL: natsUrlVar,
  SLUICE_DATA_DIR: z.string().default('.data'),
  LOG_LEVEL: logLevelVar,
  EXPORT_HOST: z.string().default('127.0.0.1'),
  EXPORT_ALLOWED_HOSTS: hostNamesVar,
  EXPORT_PORT: portVar(8091),
  EXPORT_OPS_HOST: z.string().default('127.0.0.1'),
  EXPORT_OPS_PORT: portVar(9191),
  EXPORT_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,128}$/)
    .optional(),
});

/** The environment of the export service, read once at start. */
export interface ExportConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly dataDir: string;
  readonly logLevel: string;
  readonly host: string;
  readonly port: number;
  /** The names under which the API may be asked, in lower case, without ports. */
  readonly allowedHosts: readonly string[];
  readonly opsHost: string;
  readonly opsPort: number;
  /** This process's name, when it is given. */
  readonly instance: string | undefined;
}

/** Reads the environment. Throws EnvironmentError that lists every variable at fault and shows no value. */
export function readExportConfig(env: NodeJS.ProcessEnv): ExportConfig {
  const parsed = parseEnv(environmentSchema, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    natsUrl: parsed.NATS_URL,
    dataDir: parsed.SLUICE_DATA_DIR,
    logLevel: parsed.LOG_LEVEL,
    host: parsed.EXPORT_HOST,
    port: parsed.EXPORT_PORT,
    allowedHosts: parsed.EXPORT_ALLOWED_HOSTS,
    opsHost: parsed.EXPORT_OPS_HOST,
    opsPort: parsed.EXPORT_OPS_PORT,
    instance: parsed.EXPORT_INSTANCE,
  });
}

/** The secrets inside those addresses, for the mask. */
export const secretsOf = (config: ExportConfig): string[] =>
  secretsInAddresses(config.databaseUrl, config.natsUrl);
