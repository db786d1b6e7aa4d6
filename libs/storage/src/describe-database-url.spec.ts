import { describe, expect, it } from 'vitest';
import { describeDatabaseUrl } from './describe-database-url.js';

describe('describeDatabaseUrl', () => {
  it.each([
    ['postgres://me:pass-word-1@db.example:6432/sluice?sslmode=require', 'postgres://db.example:6432/sluice'],
    ['postgresql://me:pass-word-1@db.example/sluice', 'postgresql://db.example:5432/sluice'],
    ['postgres://me:pass-word-1@/sluice?host=/run/postgresql', 'an address that is not a URL'],
    ['pass-word-1', 'an address that is not a URL'],
  ])('%s is shown without user and password', (url, shown) => {
    expect(describeDatabaseUrl(url)).toBe(shown);
  });
});
