import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ATTEMPT_ERROR_CODES, attemptErrorMeaning } from './attempt-error-codes.js';
import { ERROR_CODES } from './error-codes.js';

const DOCUMENT = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
const [, SECTION = ''] = DOCUMENT.split('## Errors of single attempts');

const documented = SECTION.split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, code = '', meaning, advice] = line.split('|').map((cell) => cell.trim());
    return [code.replaceAll('`', ''), meaning, advice];
  });
const coded = Object.entries(ATTEMPT_ERROR_CODES).map(([code, row]) => [code, row.meaning, row.advice]);

describe('the codes of single attempts', () => {
  it('are documented word for word, each once, in the same order', () => {
    expect(documented).toEqual(coded);
  });

  it('are stable snake_case names', () => {
    expect(coded.filter(([code = '']) => !/^[a-z]+(_[a-z]+)*$/.test(code))).toEqual([]);
  });
});

describe('what an attempt’s code means', () => {
  it('is told for its own codes, and for those of the main table, which older events have', () => {
    expect(attemptErrorMeaning('connect_refused')).toBe(ATTEMPT_ERROR_CODES.connect_refused.meaning);
    expect(attemptErrorMeaning('context_length_exceeded')).toBe(ERROR_CODES.context_length_exceeded.meaning);
  });

  it('is the attempt’s meaning where both tables have the code', () => {
    expect(attemptErrorMeaning('provider_rate_limited')).toBe(
      ATTEMPT_ERROR_CODES.provider_rate_limited.meaning,
    );
  });

  it.each(['', 'constructor', '__proto__', 'a_code_of_tomorrow'])('is null for %j', (code) => {
    expect(attemptErrorMeaning(code)).toBeNull();
  });
});
