// Messages of a stream -> lines. Reads with a consumer of its own that leaves nothing behind and holds nobody up.
import { DeliverPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  auditRecordedSchema,
  cloudEventSchema,
  healthChangedSchema,
  requestCompletedSchema,
} from '@sluice/contracts';
import { formatAudit, formatEvent, formatHealth } from './format-event.js';
import { isWanted, isWantedHealth, type TailKind, type TailOptions } from './tail-options.js';

interface Tailed {
  readonly stream: string;
  /** The event's line; undefined when it is not wanted, or no event. */
  readonly toLine: (data: unknown, options: TailOptions) => string | undefined;
}

const TAILED: Readonly<Record<TailKind, Tailed>> = {
  request: {
    stream: 'SLUICE_REQUESTS',
    toLine: (data, options) => {
      const event = requestCompletedSchema.safeParse(data).data;
      return event !== undefined && isWanted(event, options) ? formatEvent(event) : undefined;
    },
  },
  health: {
    stream: 'SLUICE_HEALTH',
    toLine: (data, options) => {
      const event = healthChangedSchema.safeParse(data).data;
      return event !== undefined && isWantedHealth(event, options) ? formatHealth(event) : undefined;
    },
  },
  audit: {
    stream: 'SLUICE_AUDIT',
    toLine: (data) => {
      const event = auditRecordedSchema.safeParse(data).data;
      return event === undefined ? undefined : formatAudit(event);
    },
  },
};
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
  const { stream } = TAILED[options.kind];
  const manager = await jetstreamManager(connection, { timeout: REQUEST_TIMEOUT_MS });
  const { state } = await manager.streams.info(stream);
  const firstWanted = Math.max(state.first_seq, state.last_seq - options.last + 1);
  if (!options.follow && firstWanted > state.last_seq) return;
  // Filters are applied here: servers before 2.10 take none with a start in the middle of a stream.
  const consumer = await jetstream(connection, { timeout: REQUEST_TIMEOUT_MS }).consumers.get(stream, {
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

/** Of a message; what cannot be read is left out, as the dead letters are the place for it. */
function toLines(message: JsMsg, options: TailOptions): string[] {
  const { toLine } = TAILED[options.kind];
  const parsed = parse(message.string());
  const lines = (Array.isArray(parsed) ? parsed : [parsed]).flatMap((item) => {
    const line = toLine(cloudEventSchema.safeParse(item).data?.data, options);
    return line === undefined ? [] : [line];
  });
  if (!options.raw) return lines;
  return lines.length === 0 ? [] : [`${message.subject} ${message.string()}`];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
