// One message of the request stream -> what the live numbers need of it. Reads only that, since each event is read in full by
// the durable consumer as well. What cannot be read is left out: its dead letter is the durable consumer's work.
import { REQUEST_OUTCOMES } from '@sluice/contracts';
import { z } from 'zod';
import type { LiveEvent } from './live-counters.js';

const liveEventSchema = z.object({
  data: z.object({
    eventId: z.string(),
    occurredAt: z.iso.datetime(),
    requestedModel: z.string().nullable(),
    provider: z.string().nullable(),
    errorCode: z.string().nullable(),
    outcome: z.enum(REQUEST_OUTCOMES),
    tokens: z.object({ input: z.int().nonnegative(), output: z.int().nonnegative() }),
    timing: z.object({ totalMs: z.number() }),
  }),
});

/** The readable events of a CloudEvent or a CloudEvents batch. Never throws. */
export function readLiveEvents(payload: Uint8Array): LiveEvent[] {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return [];
  }
  return (Array.isArray(content) ? content : [content]).flatMap((item) => {
    const event = liveEventSchema.safeParse(item);
    return event.success ? [event.data.data] : [];
  });
}
