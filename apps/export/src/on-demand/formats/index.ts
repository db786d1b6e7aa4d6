import { csvFormat } from './csv.format.js';
import type { ExportFormat } from './export-format.js';
import { jsonlFormat } from './jsonl.format.js';

/** Every format, by the name that a client asks for. */
export const EXPORT_FORMATS = { csv: csvFormat, jsonl: jsonlFormat } as const satisfies Record<
  string,
  ExportFormat
>;

/** Name of a format. */
export type ExportFormatName = keyof typeof EXPORT_FORMATS;
