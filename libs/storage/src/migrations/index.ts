import type { Migration } from 'kysely/migration';
import * as team from './0001-team.js';
import * as consumerProgress from './0002-consumer-progress.js';
import * as requestLog from './0003-request-log.js';
import * as metricMinute from './0004-metric-minute.js';
import * as appUser from './0005-app-user.js';
import * as requestLogRouting from './0006-request-log-routing.js';

/** Every migration by its name, run in the order of the names. A landed one is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-team': team,
  '0002-consumer-progress': consumerProgress,
  '0003-request-log': requestLog,
  '0004-metric-minute': metricMinute,
  '0005-app-user': appUser,
  '0006-request-log-routing': requestLogRouting,
};
