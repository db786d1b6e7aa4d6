import type { DatabaseMonitor } from '@sluice/service-kit';
import { describe, expect, it } from 'vitest';
import { DatabaseGate } from './database-gate.js';

const serverError = (code: string) => Object.assign(new Error(code), { severity: 'ERROR', code });

/** A gate to a database that is well until an answer says otherwise; the monitor is the outside. */
function openGate(isWell = true): { gate: DatabaseGate; told: unknown[] } {
  const told: unknown[] = [];
  const monitor: Pick<DatabaseMonitor, 'check' | 'reportFailure' | 'reportSuccess'> = {
    check: () => ({ ok: isWell }),
    reportFailure: (error) => told.push(error),
    reportSuccess: () => told.push('success'),
  };
  // Only those three are asked for.
  return { gate: new DatabaseGate(monitor as DatabaseMonitor), told };
}
const kindAfter = async (error: Error): Promise<unknown> => {
  const { gate } = openGate();
  return gate
    .ask(() => Promise.reject(error))
    .catch((thrown: unknown) => (thrown as { kind?: string }).kind ?? thrown);
};

describe('the gate', () => {
  it('asks nothing of a database that is known to be away', async () => {
    let asked = 0;
    const asking = openGate(false).gate.ask(() => Promise.resolve((asked += 1)));
    await expect(asking).rejects.toMatchObject({ kind: 'database-away', retryAfterS: 2 });
    expect(asked).toBe(0);
  });

  it.each([
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['a refused connection to several addresses', new AggregateError([], 'refused')],
    ['a server that stops', serverError('57P01')],
    ['a server with no room', serverError('53300')],
    ['a table that is not there yet', serverError('42P01')],
  ])('%s is a database that is away, and the monitor is told', async (_, error) => {
    const { gate, told } = openGate();
    await expect(gate.ask(() => Promise.reject(error))).rejects.toMatchObject({ kind: 'database-away' });
    expect(told).toEqual([error]);
  });

  it('a cancelled query was too slow, and bugs stay what they are', async () => {
    expect(await kindAfter(serverError('57014'))).toBe('query-too-slow');
    for (const bug of [serverError('42601'), serverError('22021'), new TypeError('x'), new RangeError('y')]) {
      expect(await kindAfter(bug)).toBe(bug);
    }
  });
});
