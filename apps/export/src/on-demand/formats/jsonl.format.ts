import { EXPORT_COLUMNS } from './export-columns.js';
import type { ExportFormat } from './export-format.js';

/** One JSON object a line, with the names and the order of the columns; nulls are written, `attempts` is an array. */
export const jsonlFormat: ExportFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  extension: 'jsonl',
  head: '',
  toLine: (row) =>
    `${JSON.stringify(Object.fromEntries(EXPORT_COLUMNS.map((column) => [column, row[column]])))}\n`,
};
