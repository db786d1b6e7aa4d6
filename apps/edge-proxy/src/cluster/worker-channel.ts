// Questions with answers between two processes: each has its deadline, and none waits for a side that is gone.
import { maskSecrets } from '@sluice/service-kit';
import type { WorkerNews, WorkerQuestions } from './worker-protocol.js';

/** One end of a pipe between two processes. */
export interface ChannelPort {
  /** Never throws; what is sent to a side that is gone is lost. */
  readonly send: (message: object) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  readonly onClose: (listener: () => void) => void;
}

type Kind = keyof WorkerQuestions;
type Asked<K extends Kind> = WorkerQuestions[K]['asked'];
type Answer<K extends Kind> = WorkerQuestions[K]['answer'];

/** No answer: the other side failed, is gone, or took too long. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

type Message =
  | { readonly sluice: 'tell'; readonly kind: string; readonly payload: unknown }
  | { readonly sluice: 'ask'; readonly id: number; readonly kind: string; readonly payload: unknown }
  | { readonly sluice: 'answer'; readonly id: number; readonly payload: unknown }
  | { readonly sluice: 'refusal'; readonly id: number; readonly reason: string };

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Questions without an answer yet; nobody asks this many at a time, so more are a bug and refused. */
const MAX_PENDING = 1_000;

/** The end of a channel between an edge's primary and one worker; both ends are alike. */
export class WorkerChannel {
  readonly #port: ChannelPort;
  readonly #handlers = new Map<string, (asked: unknown) => unknown>();
  readonly #listeners = new Map<string, (news: unknown) => void>();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #isClosed = false;

  constructor(port: ChannelPort) {
    this.#port = port;
    port.onMessage((message) => {
      if (isOurs(message)) this.#take(message);
    });
    port.onClose(() => this.#close());
  }

  /** Registers the one handler of a question. What it throws is the asker's error. */
  handle<K extends Kind>(kind: K, handler: (asked: Asked<K>) => Answer<K> | Promise<Answer<K>>): this {
    // The other end is of the same build and asks by the same table.
    this.#handlers.set(kind, handler as (asked: unknown) => unknown);
    return this;
  }

  /** Registers the one listener of a piece of news. */
  listen<K extends keyof WorkerNews>(kind: K, listener: (news: WorkerNews[K]) => void): this {
    // As above.
    this.#listeners.set(kind, listener as (news: unknown) => void);
    return this;
  }

  /** Never throws; nobody says whether it was heard. */
  tell<K extends keyof WorkerNews>(kind: K, news: WorkerNews[K]): void {
    this.#send({ sluice: 'tell', kind, payload: news });
  }

  /** @throws NoAnswerError */
  ask<K extends Kind>(kind: K, asked: Asked<K>, timeoutMs: number): Promise<Answer<K>> {
    if (this.#isClosed) return Promise.reject(new NoAnswerError('the other process is gone'));
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new NoAnswerError(`${MAX_PENDING} questions wait for an answer already`));
    }
    const id = (this.#lastId += 1);
    return new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id)?.reject(new NoAnswerError(`no answer to "${kind}" within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ sluice: 'ask', id, kind, payload: asked });
    }) as Promise<Answer<K>>; // As above.
  }

  #send(message: Message): void {
    if (!this.#isClosed) this.#port.send(message);
  }

  #take(message: Message): void {
    switch (message.sluice) {
      case 'tell':
        return this.#listeners.get(message.kind)?.(message.payload);
      case 'ask':
        return void this.#answer(message.id, message.kind, message.payload);
      case 'answer':
        return this.#settle(message.id)?.resolve(message.payload);
      case 'refusal':
        return this.#settle(message.id)?.reject(new NoAnswerError(message.reason));
    }
  }

  async #answer(id: number, kind: string, asked: unknown): Promise<void> {
    try {
      const handler = this.#handlers.get(kind);
      if (handler === undefined) throw new Error(`nobody answers "${kind}" yet`);
      this.#send({ sluice: 'answer', id, payload: await handler(asked) });
    } catch (error) {
      const reason = maskSecrets(error instanceof Error ? error.message : String(error));
      this.#send({ sluice: 'refusal', id, reason });
    }
  }

  /** Answers that come too late find nothing. */
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #close(): void {
    this.#isClosed = true;
    for (const id of this.#pending.keys()) {
      this.#settle(id)?.reject(new NoAnswerError('the other process is gone'));
    }
  }
}

/** Node's cluster module uses the same pipe. */
function isOurs(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'sluice' in message;
}
