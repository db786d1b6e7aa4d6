import type { Columns, RowOf } from './column-types.js';

/** Whose rows a person sees. Primary key `(user_id, team_id)`. */
export const TEAM_MEMBER_COLUMNS = {
  user_id: 'uuid',
  team_id: 'text',
  created_at: 'timestamp with time zone',
} as const satisfies Columns;

export type TeamMemberTable = RowOf<typeof TEAM_MEMBER_COLUMNS>;
