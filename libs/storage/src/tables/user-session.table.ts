import type { Columns, RowOf } from './column-types.js';

/** A sign-in that lasts until it is idle or old, or is ended. */
export const USER_SESSION_COLUMNS = {
  /** Keyed digest of the cookie's token, hex: who reads the table cannot sign in with it. */
  token_hash: 'text',
  user_id: 'uuid',
  created_at: 'timestamp with time zone',
  last_seen_at: 'timestamp with time zone',
} as const satisfies Columns;

export type UserSessionTable = RowOf<typeof USER_SESSION_COLUMNS>;
