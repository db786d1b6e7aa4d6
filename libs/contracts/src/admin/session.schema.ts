// `/api/session`: who is signed in.
import { z } from 'zod';
import { ROLES } from './roles.js';

/** Body of `POST /api/session`. */
export const signInSchema = z.strictObject({
  user: z
    .string()
    .min(1)
    .max(200)
    // Postgres holds no NUL, so nobody has one in the name.
    .refine((value) => !value.includes('\0')),
  password: z.string().min(1).max(1024),
});
export type SignIn = z.infer<typeof signInSchema>;

/** Answer of `POST` and `GET /api/session`. The session itself is a cookie that no script can read. */
export const sessionSchema = z.object({
  user: z.string(),
  role: z.enum(ROLES),
  /** The teams whose rows are seen; null: all. */
  teams: z.array(z.string()).nullable(),
  /** When it ends without further use, ISO 8601 UTC. */
  expiresAt: z.iso.datetime(),
});
export type Session = z.infer<typeof sessionSchema>;
