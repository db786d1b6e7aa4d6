import type { Columns } from './tables/column-types.js';
import { CONSUMER_PROGRESS_COLUMNS, type ConsumerProgressTable } from './tables/consumer-progress.table.js';
import { METRIC_MINUTE_COLUMNS, type MetricMinuteTable } from './tables/metric-minute.table.js';
import { REQUEST_LOG_COLUMNS, type RequestLogTable } from './tables/request-log.table.js';
import { TEAM_COLUMNS, type TeamTable } from './tables/team.table.js';

/** Every table, as Kysely knows them. */
export interface SluiceSchema {
  consumer_progress: ConsumerProgressTable;
  metric_minute: MetricMinuteTable;
  request_log: RequestLogTable;
  team: TeamTable;
}

/** The declared columns of every table; a test compares them with the migrated schema. */
export const TABLES = {
  consumer_progress: CONSUMER_PROGRESS_COLUMNS,
  metric_minute: METRIC_MINUTE_COLUMNS,
  request_log: REQUEST_LOG_COLUMNS,
  team: TEAM_COLUMNS,
} as const satisfies Record<keyof SluiceSchema, Columns>;
