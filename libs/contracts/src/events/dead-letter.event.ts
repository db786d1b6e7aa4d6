// What a consumer could not take, kept with the reason, so that it can be looked at and replayed.
import { z } from 'zod';

export const DEAD_LETTER_EVENT_TYPE = 'io.sluice.dead.v1';

/** The event's bytes, or of a large one its beginning. Both in base64. */
export const deadPayloadSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('whole'), base64: z.string() }),
  z.object({
    kind: z.literal('head'),
    headBase64: z.string(),
    /** Of the whole event. */
    bytes: z.int().nonnegative(),
    /** SHA-256 of all bytes, hexadecimal. */
    digest: z.string(),
  }),
]);
export type DeadPayload = Readonly<z.infer<typeof deadPayloadSchema>>;

export const deadLetterSchema = z.object({
  /** Null when the event does not tell; so are the next two. */
  eventId: z.string().nullable(),
  spoolId: z.string().nullable(),
  spoolSeq: z.int().positive().nullable(),
  /** A short code and what was wrong, without the event's content. */
  reason: z.string(),
  /** Where it came from. */
  stream: z.string(),
  consumer: z.string(),
  subject: z.string(),
  streamSeq: z.int().positive(),
  payload: deadPayloadSchema,
});
/** Data of a dead letter. */
export type DeadLetter = Readonly<z.infer<typeof deadLetterSchema>>;
