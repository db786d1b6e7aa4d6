import fc from 'fast-check';
import type { ExportedRequest } from '@sluice/storage';
import { describe, expect, it } from 'vitest';
import { exportedRequest } from '../../__fixtures__/exported-request.js';
import { csvFormat, startsLikeFormula, toField } from './csv.format.js';
import { EXPORT_COLUMNS } from './export-columns.js';
import { jsonlFormat } from './jsonl.format.js';

/** Reads RFC 4180 as its grammar has it; throws on anything else. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    const match = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null) throw new Error(`not CSV at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    at = match.lastIndex;
    if (found[3] === '\r\n') {
      records.push(record);
      record = [];
    }
  }
  return records;
}

/** As a reader who wants the very text: a quote before what looks like a formula is ours. */
const unguard = (field: string): string =>
  field.startsWith("'") && startsLikeFormula(field.slice(1)) ? field.slice(1) : field;

const ROWS: ExportedRequest[] = [
  exportedRequest(),
  exportedRequest({
    key_name: '=HYPERLINK("http://x","y")',
    requested_model: '  +cmd|calc',
    provider: '',
    provider_model: null,
    error_message: 'line one\r\nline "two", three',
    status: null,
    first_token_ms: null,
    team_id: '＝1+1',
    attempts: '[]',
    routing: '{"model": "m", "strategy": "priority", "candidates": []}',
  }),
];

describe('the CSV format', () => {
  it('is the golden file', async () => {
    const text = csvFormat.head + ROWS.map((row) => csvFormat.toLine(row)).join('');
    await expect(text).toMatchFileSnapshot('__fixtures__/requests.csv');
  });

  it('gives back every text, 10,000 of them, and none begins like a formula', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'=+-@\t\r\n\0\'", ;|＝＋－＠﹦⁺\u00a0\u200b\ufeff\u3000'.split('')),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(nasty, nasty, (first, second) => {
        const line = csvFormat.toLine(exportedRequest({ key_name: first, error_message: second }));
        const records = parseCsv(line);
        expect(records).toHaveLength(1);
        const fields = records[0]!;
        expect(fields).toHaveLength(EXPORT_COLUMNS.length);
        for (const [column, value] of [
          ['key_name', first],
          ['error_message', second],
        ] as const) {
          const field = fields[EXPORT_COLUMNS.indexOf(column)]!;
          expect(unguard(field)).toBe(value);
          expect(field.normalize('NFKC').replace(/^[\s\p{Z}\p{Cf}]+/u, '')).not.toMatch(/^[=+\-@\0]/);
          expect(field).not.toMatch(/^[\t\r\0]/);
        }
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', '"\'\tx"'.replaceAll('"', '')],
    ['\rx', '"\'\rx"'],
    ['\0x', "'\0x"],
    ['   =1', "'   =1"],
    ['\u00a0=1', "'\u00a0=1"],
    ['＝1', "'＝1"],
    [' ＋1', "' ＋1"],
    ["'=1", "''=1"],
    ["it's", "it's"],
    ['a=b', 'a=b'],
    ['', '""'],
    [null, ''],
    [-5, '-5'],
    [false, 'false'],
  ])('writes %j as %j', (value, field) => {
    expect(toField(value)).toBe(field);
  });
});

describe('the JSONL format', () => {
  it('writes every column under its name, in order, one line a row, whatever the text holds', () => {
    for (const row of ROWS) {
      const line = jsonlFormat.toLine(row);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const read = JSON.parse(line) as Record<string, unknown>;
      expect(Object.keys(read)).toEqual(EXPORT_COLUMNS);
      const parsed = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown));
      expect(read).toEqual({ ...row, attempts: parsed(row.attempts), routing: parsed(row.routing) });
    }
  });
});
