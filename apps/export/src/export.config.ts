import { isNatsUrl, NATS_URL_EXAMPLE } from '@sluice/bus';
import {
  addressVar,
  type EnvironmentOf,
  portVar,
  readEnvironment,
  serviceVariables,
  urlVar,
  variable,
} from '@sluice/config-schema';
import { z } from 'zod';

/** What `Host` may say, without a port; an IPv6 address stands in brackets there. */
const HOST_NAME = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/;
const hostNamesVar = z
  .string()
  .default('localhost,127.0.0.1,[::1],export')
  .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
  .refine((names) => names.every((name) => HOST_NAME.test(name)), {
    error: 'must be names without ports, with commas between, like localhost,[::1],export',
  });

const VARIABLES = {
  databaseUrl: variable('DATABASE_URL', urlVar(['postgres:', 'postgresql:'])),
  natsUrl: variable('NATS_URL', addressVar(isNatsUrl, NATS_URL_EXAMPLE)),
  dataDir: variable('SLUICE_DATA_DIR', z.string().default('.data')),
  host: variable('EXPORT_HOST', z.string().default('127.0.0.1')),
  /** The names under which the API may be asked, in lower case, without ports. */
  allowedHosts: variable('EXPORT_ALLOWED_HOSTS', hostNamesVar),
  port: variable('EXPORT_PORT', portVar(8091)),
  ...serviceVariables('EXPORT', 9191),
};

/** The environment of the export service, read once at start. */
export type ExportConfig = EnvironmentOf<typeof VARIABLES>;

/** Reads the environment. Throws EnvironmentError that lists every variable at fault and shows no value. */
export const readExportConfig = (env: NodeJS.ProcessEnv): ExportConfig => readEnvironment(VARIABLES, env);
