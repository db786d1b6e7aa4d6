import { describe, expect, it } from 'vitest';
import { isDataError, isMissingPartition, isTransactionConflict, sqlState } from './postgres-errors.js';

const fromServer = (code: string, more: object = {}): Error =>
  Object.assign(new Error('as the server says it'), { severity: 'ERROR', code, ...more });

describe('errors of Postgres', () => {
  it.each(['22P05', '22003', '23502', '54000'])('%s is about the data: trying again cannot help', (code) => {
    expect(isDataError(fromServer(code))).toBe(true);
  });

  it.each(['53100', '57P01', '40P01', '42P01', '08006', '25006', '55P03', '57014'])(
    '%s is not about the data: nothing may be dead-lettered for it',
    (code) => {
      expect(isDataError(fromServer(code))).toBe(false);
    },
  );

  it('a missing partition is told from a broken check, with which it shares its code', () => {
    const missing = fromServer('23514', { routine: 'ExecFindPartition' });
    expect([isMissingPartition(missing), isDataError(missing)]).toEqual([true, false]);
    const broken = fromServer('23514', { routine: 'ExecConstraints' });
    expect([isMissingPartition(broken), isDataError(broken)]).toEqual([false, true]);
  });

  it('deadlocks and serialization failures may be run again', () => {
    expect(['40P01', '40001', '23505'].map((code) => isTransactionConflict(fromServer(code)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('a broken connection has no SQLSTATE, even where its code looks like one', () => {
    expect(sqlState(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toBe(undefined);
  });
});
