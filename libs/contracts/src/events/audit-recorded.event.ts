// Something that a person or an operator did.
import { z } from 'zod';

export const AUDIT_EVENT_TYPE = 'io.sluice.audit.v1';

/** A part of a subject: ours, so lower case and hyphens. */
const SUBJECT_WORD = /^[a-z][a-z-]{0,31}$/;

export const auditActorSchema = z.object({
  /** `operator`: somebody at the machine or with a NATS client; `user`: signed in; `system`: Sluice itself. */
  kind: z.enum(['operator', 'user', 'system']),
  /** A user's name, or how it came: `SIGHUP`, `start`. */
  name: z.string(),
});
/** Who did it. */
export type AuditActor = z.infer<typeof auditActorSchema>;

export const auditChangeSchema = z.object({
  /** E.g. `providers.openai.baseUrl`. */
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  /** As JSON, secrets masked; null when there was nothing. */
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type AuditChange = z.infer<typeof auditChangeSchema>;

export const auditRecordedSchema = z.object({
  /** UUIDv7 made by the writer; also the CloudEvent's id. `audit_log` takes an event once by it. */
  eventId: z.uuid(),
  /** Null when it does not come from an edge's spool. */
  spoolId: z.uuid().nullable(),
  /** Dense per spool and stream, from 1; null with `spoolId`. */
  spoolSeq: z.int().positive().nullable(),
  occurredAt: z.iso.datetime(),
  /** What it was done to: the third part of the subject, e.g. `config`. */
  entity: z.string().regex(SUBJECT_WORD),
  /** What was done: the last part of the subject, e.g. `reloaded`. */
  verb: z.string().regex(SUBJECT_WORD),
  actor: auditActorSchema,
  /** Which one: a name, id or path; null when there is only one. */
  target: z.string().nullable(),
  /** Our own words for what the changes do not say, e.g. that only resolved values differ. */
  detail: z.string().nullable(),
  changes: z.array(auditChangeSchema),
  /** How many changes more there were than an event can hold. */
  omittedChanges: z.int().nonnegative(),
  instance: z.string(),
  /** Of the config in use afterwards; null where none is. */
  configVersion: z.string().nullable(),
});
/** An action of a person or an operator. */
export type AuditRecorded = z.infer<typeof auditRecordedSchema>;

/** Most changes that one event lists: with values cut to {@link AUDIT_VALUE_MAX_CHARS} it stays far below 1 MiB. */
export const AUDIT_CHANGES_MAX = 200;
/** Most characters of a change's `before` and `after`. */
export const AUDIT_VALUE_MAX_CHARS = 500;
