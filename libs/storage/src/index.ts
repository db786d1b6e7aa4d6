export { openDatabase, type OpenDatabaseOptions, type SluiceDatabase, type StorageLog } from './database.js';
export { describeDatabaseUrl } from './describe-database-url.js';
export { findTableProblem } from './find-table-problem.js';
export { migrateToLatest } from './migrate-to-latest.js';
export {
  dropPartitionsBefore,
  ensureDailyPartitions,
  listPartitions,
  type PartitionedTable,
  partitionName,
} from './partitions.js';
export { isDataError, isMissingPartition, isTransactionConflict, sqlState } from './postgres-errors.js';
export {
  type AppUserCredentials,
  AppUserRepository,
  type AppUserWithPassword,
} from './repositories/app-user.repository.js';
export {
  ConsumerProgressRepository,
  type SpoolProgress,
} from './repositories/consumer-progress.repository.js';
export { MetricMinuteRepository, type MetricMinuteSums } from './repositories/metric-minute.repository.js';
export {
  MetricMinuteWriter,
  type RollUpBatch,
  type RollUpResult,
} from './repositories/metric-minute-writer.js';
export {
  MetricMinuteOverviewRepository,
  type OverviewDimension,
  type OverviewGroup,
  type OverviewRequest,
} from './repositories/metric-minute-overview.repository.js';
export {
  type AppendBatch,
  type AppendResult,
  type DeadNumber,
  RequestLogWriter,
  type RequestLogWriterOptions,
} from './repositories/request-log-writer.js';
export {
  type ListedRequest,
  type RequestLogList,
  RequestLogListRepository,
  type RequestLogListRequest,
} from './repositories/request-log-list.repository.js';
export {
  type ExportedRequest,
  type RequestLogPage,
  type RequestLogPageRequest,
  RequestLogPagesRepository,
  type RequestLogPosition,
} from './repositories/request-log-pages.repository.js';
export {
  type RequestLogFilter,
  RequestLogRepository,
  type RequestLogSums,
} from './repositories/request-log.repository.js';
export { type SpoolNumber } from './repositories/to-progress-json.js';
export { ALL_TEAMS, type TeamScope } from './repositories/team-scope.js';
export {
  type OpenSession,
  type SessionLimits,
  UserSessionRepository,
} from './repositories/user-session.repository.js';
export { type SluiceSchema, TABLES } from './sluice-schema.js';
export { type AppUserTable, toNameKey } from './tables/app-user.table.js';
export { type ConsumerProgressTable } from './tables/consumer-progress.table.js';
export {
  LATENCY_BUCKETS_MS,
  type MetricMinuteTable,
  type NewMetricMinuteRow,
} from './tables/metric-minute.table.js';
export { type NewRequestLogRow, type RequestLogTable } from './tables/request-log.table.js';
export { type TeamTable } from './tables/team.table.js';
export { countInMultirange, toMultirange } from './to-multirange.js';
export { addDays, daysBetween, type UtcDay, utcDay } from './utc-day.js';
