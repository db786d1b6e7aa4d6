import { isNatsUrl } from '@sluice/bus';
import { logLevelVar, parseEnv, portVar, urlVar } from '@sluice/config-schema';
import { secretsInAddresses } from '@sluice/service-kit';
import { z } from 'zod';

/** One server or several with commas between; the value may hold a password and is not repeated. */
const natsUrlVar = z
  .string({ error: 'must be an address like nats://host:4222' })
  .refine(isNatsUrl, { error: 'must be an address like nats://host:4222 or tls://user:password@host:4222' });

const environmentSchema = z.object({
  DATABASE_URL: urlVar(['postgres:', 'postgresql:']),
  NATS_URL: natsUrlVar,
  LOG_LEVEL: logLevelVar,
  LOGGER_OPS_PORT: portVar(9192),
  LOGGER_OPS_HOST: z.string().default('127.0.0.1'),
  LOGGER_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,128}$/)
    .optional(),
});

/** The environment of the logger, read once at start. */
export interface LoggerConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly logLevel: string;
  readonly opsHost: string;
  readonly opsPort: number;
  /** This process's name, when it is given. */
  readonly instance: string | undefined;
}

/** Reads the environment. Throws EnvironmentError that lists every variable at fault and shows no value. */
export function readLoggerConfig(env: NodeJS.ProcessEnv): LoggerConfig {
  const parsed = parseEnv(environmentSchema, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    natsUrl: parsed.NATS_URL,
    logLevel: parsed.LOG_LEVEL,
    opsHost: parsed.LOGGER_OPS_HOST,
    opsPort: parsed.LOGGER_OPS_PORT,
    instance: parsed.LOGGER_INSTANCE,
  });
}

/** The secrets inside those addresses, for the mask. */
export const secretsOf = (config: LoggerConfig): string[] =>
  secretsInAddresses(config.databaseUrl, config.natsUrl);
