import { isNatsUrl, NATS_URL_EXAMPLE } from '@sluice/bus';
import {
  addressVar,
  type EnvironmentOf,
  readEnvironment,
  serviceVariables,
  urlVar,
  variable,
} from '@sluice/config-schema';

const VARIABLES = {
  databaseUrl: variable('DATABASE_URL', urlVar(['postgres:', 'postgresql:'])),
  natsUrl: variable('NATS_URL', addressVar(isNatsUrl, NATS_URL_EXAMPLE)),
  ...serviceVariables('LOGGER', 9192),
};

/** The environment of the logger, read once at start. */
export type LoggerConfig = EnvironmentOf<typeof VARIABLES>;

/** Reads the environment. Throws EnvironmentError that lists every variable at fault and shows no value. */
export const readLoggerConfig = (env: NodeJS.ProcessEnv): LoggerConfig => readEnvironment(VARIABLES, env);
