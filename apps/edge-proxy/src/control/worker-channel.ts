// What a primary and its workers say to each other when the config is reloaded. Plain data: it crosses a process border.
import { z } from 'zod';
import { auditActorSchema } from '@sluice/contracts';

export const reloadOrderSchema = z.discriminatedUnion('kind', [
  /** Make this text ready; answered by `prepared`. */
  z.object({ kind: z.literal('config.prepare'), id: z.int(), text: z.string() }),
  /** Put to use what was made ready; answered by `committed`. */
  z.object({ kind: z.literal('config.commit'), id: z.int(), actor: auditActorSchema }),
  /** Forget what was made ready. Not answered. */
  z.object({ kind: z.literal('config.abandon'), id: z.int() }),
]);
/** From the primary to a worker. All messages of one reload have the same id. */
export type ReloadOrder = z.infer<typeof reloadOrderSchema>;

export const reloadAnswerSchema = z.discriminatedUnion('kind', [
  /** `problems`: why not, one sentence each; null when it is ready. */
  z.object({ kind: z.literal('config.prepared'), id: z.int(), problems: z.array(z.string()).nullable() }),
  z.object({ kind: z.literal('config.committed'), id: z.int(), problems: z.array(z.string()).nullable() }),
]);
/** From a worker to the primary. */
export type ReloadAnswer = z.infer<typeof reloadAnswerSchema>;
