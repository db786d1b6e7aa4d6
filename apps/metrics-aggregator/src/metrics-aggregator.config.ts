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
  ...serviceVariables('METRICS_AGGREGATOR', 9193),
};

/** The environment of the metrics-aggregator, read once at start. */
export type MetricsAggregatorConfig = EnvironmentOf<typeof VARIABLES>;

/** Reads the environment. Throws EnvironmentError that lists every variable at fault and shows no value. */
export const readMetricsAggregatorConfig = (env: NodeJS.ProcessEnv): MetricsAggregatorConfig =>
  readEnvironment(VARIABLES, env);
