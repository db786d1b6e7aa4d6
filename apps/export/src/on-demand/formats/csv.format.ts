import { EXPORT_COLUMNS } from './export-columns.js';
import type { ExportFormat } from './export-format.js';

const LINE_END = '\r\n';
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;
/**
 * What a spreadsheet may take for a formula: `= + - @` and every character that Unicode folds to one of them (full
 * width, small, raised …), tab, CR or NUL at the beginning, also behind spaces and invisible characters, since some
 * programs trim those. Quotes in front are looked through, so that taking one off gives the text back, whatever it was.
 */
const FORMULA = /^'*(?:[\t\r\0]|[\s\p{Z}\p{Cf}]*[=+\-@\t\r\0＝﹦⁼₌⩵⩶＋﹢⁺₊﬩－﹣＠﹫])/u;

/**
 * RFC 4180 in UTF-8 with a header line. Text that a spreadsheet would take for a formula begins with `'`; null is an
 * empty field, empty text is `""`; times are ISO 8601, `attempts` and `routing` are JSON.
 */
export const csvFormat: ExportFormat = {
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  head: EXPORT_COLUMNS.join(',') + LINE_END,
  toLine: (row) => {
    let line = '';
    for (const column of EXPORT_COLUMNS) line += `,${toField(row[column])}`;
    return line.slice(1) + LINE_END;
  },
};

/** One field, quoted where it has to be. Numbers and booleans are ours and never formulas. */
export function toField(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = startsLikeFormula(value) ? `'${value}` : value;
  return safe === '' || NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Whether the text is written with a `'` before it. */
export const startsLikeFormula = (text: string): boolean => FORMULA.test(text);
