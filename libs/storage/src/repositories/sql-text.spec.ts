// The SQL that the repositories send, as files that are reviewed: run vitest with -u after a change that is meant.
import { afterAll, describe, expect, it } from 'vitest';
import { silentLog } from '../__fixtures__/open-migrated-database.js';
import { openDatabase } from '../database.js';
import { appendBatchSql } from './append-request-log-batch.sql.js';
import { AppUserRepository } from './app-user.repository.js';
import { MetricMinuteOverviewRepository } from './metric-minute-overview.repository.js';
import { RequestLogListRepository } from './request-log-list.repository.js';
import { RequestLogPagesRepository } from './request-log-pages.repository.js';
import { UserSessionRepository } from './user-session.repository.js';
import { addMetricMinutesSql, lockProgressSql } from './add-metric-minutes.sql.js';
import { MetricMinuteRepository } from './metric-minute.repository.js';
import { RequestLogRepository } from './request-log.repository.js';

// Never connects: the text is made without a server.
const db = openDatabase({
  url: 'postgres://127.0.0.1:1/none',
  poolSize: 1,
  applicationName: 'none',
  log: silentLog,
});
afterAll(() => db.destroy());

const repository = new RequestLogRepository(db);
const everyFilter = {
  from: new Date(0),
  to: new Date(1),
  requestedModel: 'm',
  provider: 'p',
  keyId: 'k',
  teamId: 't',
  outcome: 'failed',
  requestId: 'r',
};
const teams = { kind: 'teams', teamIds: ['t'] } as const;

const lists = new RequestLogListRepository(db);
const sessions = new UserSessionRepository(db);
const limits = { createdAfter: new Date(0), seenAfter: new Date(0) };

const TEXTS = {
  'app-user.find-by-name': new AppUserRepository(db).findByNameQuery('n').compile().sql,
  'consumer-progress.lock': lockProgressSql({
    consumer: 'c',
    stream: 's',
    spoolIds: [],
    updatedAt: '',
  }).compile(db).sql,
  'metric-minute.add': addMetricMinutesSql({
    rowsJson: '[]',
    progressJson: '[]',
    consumer: 'c',
    stream: 's',
  }).compile(db).sql,
  'metric-minute.delete-before': new MetricMinuteRepository(db).deleteBeforeSql(new Date(0), 1).compile(db)
    .sql,
  'metric-minute.overview-settings': new MetricMinuteOverviewRepository(db).settingsSql().compile(db).sql,
  'metric-minute.overview': new MetricMinuteOverviewRepository(db)
    .readSql({ span: { from: new Date(0), to: new Date(1) }, stepSeconds: 60, scope: teams })
    .compile(db).sql,
  'metric-minute.sums': new MetricMinuteRepository(db)
    .sumsQuery({ from: new Date(0), to: new Date(1) }, teams)
    .compile().sql,
  'request-log.append-batch': appendBatchSql({
    rowsJson: '[]',
    progressJson: '[]',
    consumer: 'c',
    stream: 's',
    updatedAt: '',
  }).compile(db).sql,
  'request-log.find-by-event-id': lists.findByEventIdQuery('e', teams, 0).compile().sql,
  'request-log.list': lists
    .listQuery({
      filter: everyFilter,
      scope: teams,
      limit: 1,
      before: { occurredAt: '2026-01-01T00:00:00.000000Z', eventId: 'e' },
    })
    .compile().sql,
  'request-log.find-by-request-id': repository.findByRequestIdQuery('r', teams).compile().sql,
  'request-log.count-and-sums': repository.countAndSumsQuery(everyFilter, teams).compile().sql,
  'request-log.read-page': new RequestLogPagesRepository(db)
    .readPageQuery({
      filter: everyFilter,
      scope: teams,
      limit: 1,
      after: { occurredAt: '2026-01-01T00:00:00.000000Z', eventId: 'e' },
    })
    .compile().sql,
  'user-session.find': sessions.findSql('t', limits).compile(db).sql,
  'user-session.find-many': sessions.findManySql(['t'], limits).compile(db).sql,
  'user-session.find-open-of-admins': sessions.findOpenOfAdminsSql(['t'], limits).compile(db).sql,
  'user-session.clear': sessions.clearSql(limits).compile(db).sql,
  'user-session.clear-oldest': sessions.clearOldestSql('u').compile(db).sql,
};

describe('SQL text', () => {
  it.each(Object.entries(TEXTS))('%s is the committed one', async (name, text) => {
    await expect(`${text.trim()}\n`).toMatchFileSnapshot(`../__sql__/${name}.sql`);
  });
});
