import type { ExportedRequest } from '@sluice/storage';
import { EXPORT_COLUMNS } from './export-columns.js';
import type { ExportFormat } from './export-format.js';

/** One JSON object a line, with the names and the order of the columns; nulls are written, `attempts` and `routing` are JSON values. */
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

/** Postgres has written `attempts` and `routing`; a JSON text of it holds no line end. */
function toJson(row: ExportedRequest, column: keyof ExportedRequest): string {
  if (column === 'attempts') return row.attempts;
  if (column === 'routing') return row.routing ?? 'null';
  return JSON.stringify(row[column]);
}
