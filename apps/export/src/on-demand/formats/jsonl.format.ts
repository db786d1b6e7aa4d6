import type { ExportedRequest } from '@sluice/storage';
import { EXPORT_COLUMNS } from './export-columns.js';
import type { ExportFormat } from './export-format.js';

/** One JSON object a line, with the names and the order of the columns; nulls are written, `attempts` is an array. */
export const jsonlFormat: ExportFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  extension: 'jsonl',
  head: '',
  toLine: (row) => {
    let line = '{';
    for (const [column, before] of MEMBERS) line += before + toJson(row, column);
    return `${line}}\n`;
  },
};

/** Each column with what stands before its value. */
const MEMBERS = EXPORT_COLUMNS.map(
  (column, index) => [column, `${index === 0 ? '' : ','}"${column}":`] as const,
);

/** Postgres has written `attempts`; a JSON text of it holds no line end. */
const toJson = (row: ExportedRequest, column: keyof ExportedRequest): string =>
  column === 'attempts' ? row.attempts : JSON.stringify(row[column]);
