// The edge's side of control: it hears what all edges are asked, and answers for itself.
import { setTimeout as pause } from 'node:timers/promises';
import type { Msg, Subscription } from '@nats-io/transport-node';
import {
  CONTROL_COMMANDS,
  CONTROL_MESSAGES,
  CONTROL_SUBJECTS,
  type ControlCommand,
  type ControlReply,
  type ControlRequest,
  controlSubject,
} from '@sluice/contracts';
import { type BusLog, toErrorFacts } from '../bus-log.js';
import type { NatsLink } from '../nats-connection.js';
import { parseJson } from './parse-json.js';

/** Does what is asked. What it throws is logged and answered as "it failed"; expected refusals are `ok: false`. */
export type ControlHandler<C extends ControlCommand> = (
  request: ControlRequest<C>,
) => Promise<Omit<ControlReply<C>, 'instance'>> | Omit<ControlReply<C>, 'instance'>;

/** What a {@link ControlResponder} works with. It does not own the connection. */
export interface ControlResponderOptions {
  readonly nats: NatsLink;
  /** Who answers. */
  readonly instance: string;
  readonly log: BusLog;
  /** A handler that takes longer is answered for: "not finished". Default 30 s. */
  readonly handlerTimeoutMs?: number;
}

const HANDLER_TIMEOUT_MS = 30_000;
/** Further requests are refused: control is for people, who do not ask this often. */
const MAX_RUNNING = 16;

interface Registered {
  readonly command: ControlCommand;
  readonly run: (request: unknown) => Promise<object>;
}

/** Answers requests on `sluice.control.>`, for as long as the link lives. Register handlers, then start. */
export class ControlResponder {
  readonly #options: ControlResponderOptions;
  readonly #handlers = new Map<string, Registered>();
  #subscription: Subscription | null = null;
  #running = 0;
  #isStopped = false;

  constructor(options: ControlResponderOptions) {
    this.#options = options;
  }

  /** Registers the one handler of a command. */
  handle<C extends ControlCommand>(command: C, handler: ControlHandler<C>): this {
    const { request: schema } = CONTROL_MESSAGES[command];
    const run = async (request: unknown): Promise<object> => {
      const read = schema.safeParse(request);
      if (!read.success) return refused(`the request is not understood: ${toSentence(read.error)}`);
      // The schema of this very command has read it.
      return handler(read.data as ControlRequest<C>);
    };
    this.#handlers.set(controlSubject(command), { command, run });
    return this;
  }

  /** Begins to answer as soon as NATS is there. */
  start(): void {
    void this.#options.nats.ready.then(
      (connection) => {
        if (this.#isStopped) return;
        this.#subscription = connection.subscribe(CONTROL_SUBJECTS, {
          callback: (error, message) => {
            if (error === null) void this.#answer(message);
          },
        });
      },
      () => undefined, // The link was closed before it was there.
    );
  }

  /** Hears no more requests. Answers that are being made still go out while the link is open. */
  stop(): void {
    this.#isStopped = true;
    this.#subscription?.unsubscribe();
  }

  /** Never throws. */
  async #answer(message: Msg): Promise<void> {
    const reply = await this.#toReply(message);
    try {
      message.respond(JSON.stringify({ instance: this.#options.instance, ...reply }));
    } catch (error) {
      this.#options.log.warn(
        { subject: message.subject, ...toErrorFacts(error) },
        'a control request could not be answered',
      );
    }
  }

  async #toReply(message: Msg): Promise<object> {
    const registered = this.#handlers.get(message.subject);
    if (registered === undefined) return refused(`this edge does not know ${knownOr(message.subject)}`);
    if (this.#running >= MAX_RUNNING) return refused('this edge is busy with other control requests');
    this.#running += 1;
    try {
      return await this.#withinDeadline(registered.run(parseJson(message.string())));
    } catch (error) {
      this.#options.log.error(
        { command: registered.command, ...toErrorFacts(error) },
        'a control request failed',
      );
      return refused('it failed; the log of this edge says why');
    } finally {
      this.#running -= 1;
    }
  }

  async #withinDeadline(work: Promise<object>): Promise<object> {
    const timeoutMs = this.#options.handlerTimeoutMs ?? HANDLER_TIMEOUT_MS;
    const stop = new AbortController();
    const late = pause(timeoutMs, refused(`not finished within ${timeoutMs / 1000} s`), {
      signal: stop.signal,
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      stop.abort();
    }
  }
}

/** Fits every reply: what a command's own fields would be when nothing was done. */
const refused = (problem: string): object => ({
  ok: false,
  problems: [problem],
  configVersion: null,
  matched: 0,
  breakers: [],
});

interface Issues {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}
const toSentence = ({ issues }: Issues): string =>
  issues.map(({ path, message }) => `${path.map(String).join('.') || 'body'}: ${message}`).join('; ');

const KNOWN = new Set(CONTROL_COMMANDS.map(controlSubject));
/** A subject that is none of ours is not repeated. */
const knownOr = (subject: string): string => (KNOWN.has(subject) ? subject : 'this command');
