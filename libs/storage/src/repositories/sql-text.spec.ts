// The SQL that the repositories send, as files that are reviewed: run vitest with -u after a change that is meant.
import { afterAll, describe, expect, it } from 'vitest';
import { silentLog } from '../__fixtures__/open-migrated-database.js';
import { openDatabase } from '../database.js';
import { appendBatchSql } from './append-request-log-batch.sql.js';
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

const TEXTS = {
  'request-log.append-batch': appendBatchSql({
    rowsJson: '[]',
    progressJson: '[]',
    consumer: 'c',
    stream: 's',
    updatedAt: '',
  }).compile(db).sql,
  'request-log.find-by-request-id': repository.findByRequestIdQuery('r', teams).compile().sql,
  'request-log.count-and-sums': repository.countAndSumsQuery(everyFilter, teams).compile().sql,
};

describe('SQL text', () => {
  it.each(Object.entries(TEXTS))('%s is the committed one', async (name, text) => {
    await expect(`${text.trim()}\n`).toMatchFileSnapshot(`../__sql__/${name}.sql`);
  });
});
