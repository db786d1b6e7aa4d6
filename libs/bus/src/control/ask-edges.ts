// The asking side of control: one request, an answer from each edge, and who did not answer.
import { createInbox } from '@nats-io/transport-node';
import {
  CONTROL_MESSAGES,
  type ControlCommand,
  type ControlReply,
  type ControlRequest,
  controlSubject,
} from '@sluice/contracts';
import type { NatsLink } from '../nats-connection.js';
import { listEdges, type RegisteredEdge } from './edge-register.js';
import { parseJson } from './parse-json.js';

/** What to ask. */
export interface AskEdgesOptions<C extends ControlCommand> {
  readonly nats: NatsLink;
  readonly command: C;
  readonly request: ControlRequest<C>;
  /** Longest wait for the last edge. Default 10 s. */
  readonly timeoutMs?: number;
  /** Wall clock, ms. Only tests set it. */
  readonly now?: () => number;
}

/** Who answered what. */
export interface EdgeAnswers<C extends ControlCommand> {
  /** By name. */
  readonly answers: readonly ControlReply<C>[];
  /** Registered edges without an answer, by name. */
  readonly silent: readonly RegisteredEdge[];
  /** Whether there was an edge, all answered, and all did it. */
  readonly ok: boolean;
  /** For people: `4/4`, `3/4, edge-4 silent for 40 s`, `0/0, no edge is there`. */
  readonly summary: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Asks every edge and waits until all that are registered have answered, or the time is over. Edges that answer without
 * being registered count too. @throws Error when NATS is away or the register cannot be read
 */
export async function askEdges<C extends ControlCommand>(
  options: AskEdgesOptions<C>,
): Promise<EdgeAnswers<C>> {
  const { nats, command, request, timeoutMs = TIMEOUT_MS, now = Date.now } = options;
  const edges = await listEdges(nats, now());
  const answers = new Map<string, ControlReply<C>>();
  const missing = new Set(edges.map(({ instance }) => instance));
  await gather(nats, { command, request, timeoutMs }, (reply) => {
    answers.set(reply.instance, reply);
    missing.delete(reply.instance);
    return missing.size === 0;
  });
  // Asked again: it may have ended in order meanwhile, and has been silent for longer.
  const there = missing.size === 0 ? [] : await listEdges(nats, now()).catch(() => edges);
  return summarize(
    [...answers.values()],
    there.filter(({ instance }) => missing.has(instance)),
  );
}

/** Publishes and hands over each valid answer, until `onReply` says that it was the last, nobody is there, or time is over. */
async function gather<C extends ControlCommand>(
  nats: NatsLink,
  question: { readonly command: C; readonly request: ControlRequest<C>; readonly timeoutMs: number },
  onReply: (reply: ControlReply<C>) => boolean,
): Promise<void> {
  const connection = nats.connection();
  if (connection === null || !nats.isConnected()) throw new Error(`NATS at ${nats.address} is away`);
  const { command, request, timeoutMs } = question;
  const { reply: schema } = CONTROL_MESSAGES[command];
  const inbox = createInbox(nats.inboxPrefix);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        // 503: nobody hears this subject.
        if (error !== null || message.headers?.code === 503) finish();
        else {
          const read = schema.safeParse(parseJson(message.string()));
          // The schema of this very command has read it.
          if (read.success && onReply(read.data as ControlReply<C>)) finish();
        }
      },
    });
    const finish = (): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve();
    };
    timer.ref();
    connection.publish(controlSubject(command), JSON.stringify(request), { reply: inbox });
  });
}

function summarize<C extends ControlCommand>(
  replies: readonly ControlReply<C>[],
  silent: readonly RegisteredEdge[],
): EdgeAnswers<C> {
  const answers = [...replies].sort((a, b) => (a.instance < b.instance ? -1 : 1));
  const done = answers.filter(({ ok }) => ok).length;
  const all = answers.length + silent.length;
  const words = [
    `${done}/${all}`,
    ...(all === 0 ? ['no edge is there'] : []),
    ...answers.filter(({ ok }) => !ok).map(({ instance, problems }) => `${instance}: ${problems.join('; ')}`),
    ...silent.map(({ instance, silentMs }) => `${instance} silent for ${Math.round(silentMs / 1000)} s`),
  ];
  return { answers, silent, ok: all > 0 && done === all, summary: words.join(', ') };
}
