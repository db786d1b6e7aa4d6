import { APP_USER_COLUMNS, type AppUserTable } from './tables/app-user.table.js';
import type { Columns } from './tables/column-types.js';
import { CONSUMER_PROGRESS_COLUMNS, type ConsumerProgressTable } from './tables/consumer-progress.table.js';
import { METRIC_MINUTE_COLUMNS, type MetricMinuteTable } from './tables/metric-minute.table.js';
import { REQUEST_LOG_COLUMNS, type RequestLogTable } from './tables/request-log.table.js';
import { TEAM_COLUMNS, type TeamTable } from './tables/team.table.js';
import { TEAM_MEMBER_COLUMNS, type TeamMemberTable } from './tables/team-member.table.js';
import { USER_SESSION_COLUMNS, type UserSessionTable } from './tables/user-session.table.js';

/** Every table, as Kysely knows them. */
export interface SluiceSchema {
  app_user: AppUserTable;
  consumer_progress: ConsumerProgressTable;
  metric_minute: MetricMinuteTable;
  request_log: RequestLogTable;
  team: TeamTable;
  team_member: TeamMemberTable;
  user_session: UserSessionTable;
}

/** The declared columns of every table; a test compares them with the migrated schema. */
export const TABLES = {
  app_user: APP_USER_COLUMNS,
  consumer_progress: CONSUMER_PROGRESS_COLUMNS,
  metric_minute: METRIC_MINUTE_COLUMNS,
  request_log: REQUEST_LOG_COLUMNS,
  team: TEAM_COLUMNS,
  team_member: TEAM_MEMBER_COLUMNS,
  user_session: USER_SESSION_COLUMNS,
} as const satisfies Record<keyof SluiceSchema, Columns>;
