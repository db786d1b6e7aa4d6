// What edges are asked to do, by request and reply on plain NATS: every edge hears the request and answers for itself.
import { z } from 'zod';
import { auditActorSchema } from './audit-recorded.event.js';

export const CONTROL_SUBJECTS = 'sluice.control.>';

/** The command of each control message; its subject is {@link controlSubject}. */
export const CONTROL_COMMANDS = ['config.reload', 'breaker.force', 'breaker.list'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];

export const controlSubject = (command: ControlCommand): string => `sluice.control.${command}`;

const controlReplyFields = {
  /** Which edge says so. */
  instance: z.string(),
  /** Whether it did what was asked. */
  ok: z.boolean(),
  /** Why not, one sentence each, safe to show. */
  problems: z.array(z.string()),
};

const configReloadRequestSchema = z.object({
  /** Who asks, for the audit event. */
  actor: auditActorSchema,
});
const configReloadReplySchema = z.object({
  ...controlReplyFields,
  /** Version in use after the answer, new or kept. */
  configVersion: z.string().nullable(),
});

const breakerForceRequestSchema = z.object({
  provider: z.string(),
  /** The provider's name of the model; null for the whole provider. */
  providerModel: z.string().nullable(),
  /** `auto` gives a forced breaker back to what it sees. */
  to: z.enum(['open', 'closed', 'auto']),
  actor: auditActorSchema,
});
const breakerForceReplySchema = z.object({
  ...controlReplyFields,
  /** How many breakers were changed. */
  matched: z.int().nonnegative(),
});

const breakerListRequestSchema = z.object({});
const breakerFactsSchema = z.object({
  provider: z.string(),
  /** Null for the breaker of the whole provider. */
  providerModel: z.string().nullable(),
  state: z.enum(['closed', 'open', 'half-open']),
  /** Whether a person holds it in this state. */
  isForced: z.boolean(),
  /** Until the next probe; 0 unless it is open. */
  retryInMs: z.number().nonnegative(),
  /** How long its credential still cools down; 0 when it does not. */
  coolingMs: z.number().nonnegative(),
  /** Calls that are under way. */
  inFlight: z.int().nonnegative(),
});
const breakerListReplySchema = z.object({
  ...controlReplyFields,
  breakers: z.array(breakerFactsSchema),
});
/** One breaker as `breaker.list` tells it. */
export type BreakerFacts = z.infer<typeof breakerFactsSchema>;

/** What each command takes and what each edge answers. */
export const CONTROL_MESSAGES = {
  'config.reload': { request: configReloadRequestSchema, reply: configReloadReplySchema },
  'breaker.force': { request: breakerForceRequestSchema, reply: breakerForceReplySchema },
  'breaker.list': { request: breakerListRequestSchema, reply: breakerListReplySchema },
} as const satisfies Record<
  ControlCommand,
  { readonly request: z.ZodType; readonly reply: z.ZodType<ControlReplyFields> }
>;

/** What every reply says. */
export interface ControlReplyFields {
  readonly instance: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
}
export type ControlRequest<C extends ControlCommand> = z.infer<(typeof CONTROL_MESSAGES)[C]['request']>;
export type ControlReply<C extends ControlCommand> = z.infer<(typeof CONTROL_MESSAGES)[C]['reply']>;
