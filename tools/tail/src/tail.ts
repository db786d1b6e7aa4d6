// Messages of the request stream -> lines. Reads with a consumer of its own that leaves nothing behind and holds nobody up.
import { DeliverPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { cloudEventSchema, type RequestCompleted, requestCompletedSchema } from '@sluice/contracts';
import { formatEvent } from './format-event.js';
import { isWanted, type TailOptions } from './tail-options.js';

const STREAM = 'SLUICE_REQUESTS';
const REQUEST_TIMEOUT_MS = 5_000;

/** How to read and where to. */
export interface TailJob {
  readonly options: TailOptions;
  readonly print: (line: string) => void;
  /** Ends a tail that follows. */
  readonly signal: AbortSignal;
}

/** Prints until it has shown what there is, or, when it follows, until it is aborted. */
export async function tail(connection: NatsConnection, job: TailJob): Promise<void> {
  const { options, print, signal } = job;
  const manager = await jetstreamManager(connection, { timeout: REQUEST_TIMEOUT_MS });
  const { state } = await manager.streams.info(STREAM);
  const firstWanted = Math.max(state.first_seq, state.last_seq - options.last + 1);
  if (!options.follow && firstWanted > state.last_seq) return;
  // Filters are applied here: servers before 2.10 take none with a start in the middle of a stream.
  const consumer = await jetstream(connection, { timeout: REQUEST_TIMEOUT_MS }).consumers.get(STREAM, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: firstWanted,
  });
  try {
    const messages = await consumer.consume();
    signal.addEventListener('abort', () => messages.stop(), { once: true });
    for await (const message of messages) {
      for (const line of toLines(message, options)) print(line);
      if (!options.follow && message.info.pending === 0) break;
    }
  } finally {
    await consumer.delete();
  }
}

function toLines(message: JsMsg, options: TailOptions): string[] {
  const events = readEvents(message).filter((event) => isWanted(event, options));
  if (!options.raw) return events.map(formatEvent);
  return events.length === 0 ? [] : [`${message.subject} ${message.string()}`];
}

/** Events of a message; one that cannot be read is left out, as the logger's dead letters are the place for it. */
function readEvents(message: JsMsg): RequestCompleted[] {
  const parsed = parse(message.string());
  return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((item) => {
    const envelope = cloudEventSchema.safeParse(item);
    const event = requestCompletedSchema.safeParse(envelope.data?.data);
    return event.success ? [event.data] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
