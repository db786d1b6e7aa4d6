import type { Role } from '@sluice/contracts';
import type { Columns, RowOf } from './column-types.js';

/** A person who may sign in. */
export const APP_USER_COLUMNS = {
  id: 'uuid',
  /** As it was given. */
  name: 'text',
  /** The name case-folded by {@link toNameKey}: unique, and what a sign-in looks for. */
  name_key: 'text',
  role: 'text',
  /** Made and read by admin-api alone. */
  password_hash: 'text',
  /** True: somebody else has set the password. */
  must_change_password: 'boolean',
  created_at: 'timestamp with time zone',
  updated_at: 'timestamp with time zone',
} as const satisfies Columns;

export interface AppUserTable extends Omit<RowOf<typeof APP_USER_COLUMNS>, 'role'> {
  /** A check constraint allows no other. */
  role: Role;
}

/** Two names with the same key are the same name. */
export const toNameKey = (name: string): string => name.normalize('NFKC').toLowerCase();
