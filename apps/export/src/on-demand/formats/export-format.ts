import type { ExportedRequest } from '@sluice/storage';

/** One way to write rows. Pure; rows come in the order in which they are written. */
export interface ExportFormat {
  /** Value of `Content-Type`. */
  readonly contentType: string;
  /** Ending of the file's name, without the dot. */
  readonly extension: string;
  /** What stands before the first row, line end included; may be empty. */
  readonly head: string;
  /** One row, line end included. */
  toLine(row: ExportedRequest): string;
}
