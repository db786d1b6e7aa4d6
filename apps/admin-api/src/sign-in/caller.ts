import type { Role } from '@sluice/contracts';
import type { TeamScope } from '@sluice/storage';

/** Who is signed in, as the database said when the request came. */
export interface Caller {
  readonly userName: string;
  readonly role: Role;
  /** Whose rows may be seen. */
  readonly scope: TeamScope;
  /** Of the session, for ending it and for looking again. */
  readonly tokenHash: string;
  /** When the session ends without further use. */
  readonly expiresAt: Date;
}
