import type { Columns, RowOf } from './column-types.js';

/** A tenant. The id is its immutable name; `default` always exists. */
export const TEAM_COLUMNS = {
  id: 'text',
  created_at: 'timestamp with time zone',
} as const satisfies Columns;

export type TeamTable = RowOf<typeof TEAM_COLUMNS>;
