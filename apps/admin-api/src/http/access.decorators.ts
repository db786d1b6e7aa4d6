import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { Role } from '@sluice/contracts';

/** Who may call a handler. */
export type Access = { readonly kind: 'public' } | { readonly kind: 'role'; readonly role: Role };

/** Where a handler's {@link Access} is kept; without one nobody may call it. */
export const ACCESS = 'sluice:access';

/** Anybody may call this handler, signed in or not. */
export const Public = (): CustomDecorator => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);

/** Only who is signed in with this role, or one that includes it, may call this handler. */
export const RequireRole = (role: Role): CustomDecorator =>
  SetMetadata(ACCESS, { kind: 'role', role } satisfies Access);

/** What the handler itself declares; a declaration on its class does not count. */
export function accessOf(handler: object): Access | undefined {
  // Only the two decorators above write it.
  return Reflect.getMetadata(ACCESS, handler) as Access | undefined;
}
