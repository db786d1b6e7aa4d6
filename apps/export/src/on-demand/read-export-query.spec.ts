import { ALL_TEAMS } from '@sluice/storage';
import { describe, expect, it } from 'vitest';
import { ProblemError } from './problem.js';
import { readExportQuery, readTeamScope } from './read-export-query.js';

const NOW = new Date('2026-11-22T12:00:00Z');
const read = (search: string) => readExportQuery(new URLSearchParams(search), NOW);

function problemOf(search: string): ProblemError['problem'] {
  try {
    read(search);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error(`${search} was taken`);
}

describe('readExportQuery', () => {
  it('takes everything that it documents', () => {
    expect(
      read(
        'format=csv&from=2026-11-21&to=2026-11-22T10:00:00%2B01:00&model=m&provider=p&key=k&team=t&requestId=r&outcome=failed',
      ),
    ).toEqual({
      format: 'csv',
      filter: {
        from: new Date('2026-11-21T00:00:00Z'),
        to: new Date('2026-11-22T09:00:00Z'),
        requestedModel: 'm',
        provider: 'p',
        keyId: 'k',
        teamId: 't',
        requestId: 'r',
        outcome: 'failed',
      },
    });
  });

  it('ends an export without to at now, so that it ends', () => {
    expect(read('format=jsonl')).toEqual({ format: 'jsonl', filter: { to: NOW } });
  });

  it.each([
    ['', 'format', ['csv', 'jsonl']],
    ['format=xml', 'format', ['csv', 'jsonl']],
    ['format=csv&format=jsonl', 'format', 'one value'],
    ['format=csv&outcome=good', 'outcome', expect.arrayContaining(['succeeded', 'unknown'])],
    ['format=csv&from=yesterday', 'from', expect.stringContaining('2026-11-22T10:00:00Z')],
    ['format=csv&from=2026-02-30', 'from', expect.any(String)],
    ['format=csv&to=2026-11-22T10:00:00', 'to', expect.any(String)],
    ['format=csv&from=', 'from', expect.any(String)],
    ['format=csv&from=0001-01-01', 'from', expect.any(String)],
    ['format=csv&from=2026-11-22&to=2026-11-22', 'from', expect.stringContaining('from before to')],
    ['format=csv&from=2027-01-01', 'from', expect.any(String)],
    ['format=csv&model=', 'model', expect.any(String)],
    ['format=csv&key=%00', 'key', expect.any(String)],
    [`format=csv&team=${'x'.repeat(257)}`, 'team', expect.any(String)],
    ['format=csv&limit=5', 'limit', expect.arrayContaining(['format', 'outcome'])],
  ])('answers %j with 400, the parameter at fault and what is allowed', (search, parameter, allowed) => {
    const problem = problemOf(search);
    expect(problem.status).toBe(400);
    expect(problem.errors).toHaveLength(1);
    expect(problem.errors?.[0]?.parameter).toBe(parameter);
    expect(problem.errors?.[0]?.allowed).toEqual(allowed);
    expect(problem.detail).toContain(parameter);
  });

  it('lists every parameter at fault at once', () => {
    const names = problemOf('format=xml&from=x&to=y&outcome=z').errors?.map(({ parameter }) => parameter);
    expect(names).toEqual(['format', 'from', 'to', 'outcome']);
  });
});

describe('readTeamScope', () => {
  it('is all without the header, else what it lists; an empty list sees nothing', () => {
    expect(readTeamScope(undefined)).toBe(ALL_TEAMS);
    expect(readTeamScope('a%20b, c')).toEqual({ kind: 'teams', teamIds: ['a b', 'c'] });
    expect(readTeamScope('')).toEqual({ kind: 'teams', teamIds: [] });
    expect(() => readTeamScope('%')).toThrow(ProblemError);
  });
});
