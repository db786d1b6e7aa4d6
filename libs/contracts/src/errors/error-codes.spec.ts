import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCodeRow } from './error-codes.js';
import { GatewayError } from './gateway-error.js';

const DOCUMENT = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');

interface DocumentedRow extends ErrorCodeRow {
  readonly code: string;
}

/** Rows of the first table, whose first cell is a code. Cells are compared as written, without back quotes. */
function readDocumentedRows(document: string): DocumentedRow[] {
  const lines = document.split('\n');
  const head = lines.findIndex((line) => /^\|\s*code\s*\|/.test(line));
  const length = lines.slice(head).findIndex((line) => !line.startsWith('|'));
  return lines.slice(head + 2, head + length).map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
    const [, code, status, openaiType, anthropicType, retry, meaning, advice] = cells;
    expect(retry, `retry of ${String(code)}`).toMatch(/^(yes|no)$/);
    expect(advice, `advice for ${String(code)}`).toMatch(/\S{3}/);
    return {
      code: code ?? '',
      status: Number(status),
      openaiType: openaiType ?? '',
      anthropicType: anthropicType ?? '',
      retryable: retry === 'yes',
      meaning: meaning?.replaceAll('\\|', '|') ?? '',
    };
  });
}

const documented = readDocumentedRows(DOCUMENT);
const coded = Object.entries<ErrorCodeRow>(ERROR_CODES).map(([code, row]) => ({ code, ...row }));

describe('docs/errors.md', () => {
  it('has exactly the codes of the table, each once, in the same order', () => {
    expect(documented.map((row) => row.code)).toEqual(coded.map((row) => row.code));
  });

  it.each(coded)('says of $code what the edge answers', (row) => {
    expect(documented.find(({ code }) => code === row.code)).toEqual(row);
  });

  it('names as reserved only codes that exist', () => {
    const reserved = /\*\*Reserved, not sent yet\*\*[^.]*/.exec(DOCUMENT)?.[0] ?? '';
    const named = [...reserved.matchAll(/`([a-z_]+)`/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((code) => !Object.hasOwn(ERROR_CODES, code ?? ''))).toEqual([]);
  });
});

describe('the error table', () => {
  it('has stable snake_case codes and statuses of an error', () => {
    const odd = coded.filter(
      ({ code, status }) => !/^[a-z]+(_[a-z]+)*$/.test(code) || status < 400 || status > 504,
    );
    expect(odd).toEqual([]);
  });

  it('lets no client retry what only a change of the request can mend', () => {
    const retryable = coded.filter((row) => row.retryable).map((row) => row.status);
    expect(new Set(retryable)).toEqual(new Set([409, 429, 500, 502, 503, 504]));
  });

  it('tells every client of a 503 or 504 to come again', () => {
    expect(coded.filter(({ status, retryable }) => (status === 503 || status === 504) && !retryable)).toEqual(
      [],
    );
  });
});

describe('a gateway error', () => {
  it('knows its status and whether it may be retried, and speaks the sentence of the table', () => {
    const error = new GatewayError('all_providers_failed');
    expect([error.status, error.retryable, error.message]).toEqual([
      502,
      true,
      ERROR_CODES.all_providers_failed.meaning,
    ]);
    expect([error.param, error.retryAfterSeconds, error.cause]).toEqual([null, null, undefined]);
  });

  it('keeps its cause and what makes the answer helpful', () => {
    const cause = new Error('socket hang up');
    const error = new GatewayError('provider_rate_limited', {
      message: 'Come back later.',
      param: 'model',
      retryAfterSeconds: 7,
      cause,
    });
    expect(error).toMatchObject({ message: 'Come back later.', param: 'model', retryAfterSeconds: 7, cause });
  });
});
