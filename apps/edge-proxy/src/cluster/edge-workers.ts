// All workers of one edge, seen from its primary.
import type { Logger } from 'pino';
import type { WorkerProcess } from './fork-worker.js';
import type { WorkerQuestions } from './worker-protocol.js';
import { WorkerSlot } from './worker-slot.js';

/** A worker's answer, or why there is none. */
export type WorkerAnswer<K extends keyof WorkerQuestions> =
  | { readonly worker: number; readonly ok: true; readonly answer: WorkerQuestions[K]['answer'] }
  | { readonly worker: number; readonly ok: false; readonly reason: string };

/** Workers could not be started; the message is for the operator. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
}

export interface EdgeWorkersOptions {
  readonly count: number;
  /** @param index from 0 */
  readonly fork: (index: number) => WorkerProcess;
  /** Whether this edition of the config is in use. */
  readonly isCurrent: (edition: number) => boolean;
  readonly log: Logger;
  /** A worker has ended; `number` from 1. */
  readonly onExit: (number: number) => void;
}

const CHECK_MS = 1_000;

export class EdgeWorkers {
  readonly slots: readonly WorkerSlot[];
  readonly #ready: Promise<number>;
  #check: NodeJS.Timeout | undefined;

  constructor({ count, fork, isCurrent, log, onExit }: EdgeWorkersOptions) {
    let resolveReady: (port: number) => void = () => undefined;
    let rejectReady: (error: Error) => void = () => undefined;
    this.#ready = new Promise((resolve, reject) => {
      resolveReady = resolve;
      rejectReady = reject;
    });
    this.#ready.catch(() => undefined); // start() tells it
    this.slots = Array.from(
      { length: count },
      (_, index) =>
        new WorkerSlot({
          number: index + 1,
          fork: () => fork(index),
          isCurrent,
          log,
          onServing: (port) => {
            if (this.serving === count) resolveReady(port);
          },
          onFailedStart: (message) => rejectReady(new WorkerStartError(message)),
          onExit: () => onExit(index + 1),
        }),
    );
  }

  /** How many take requests. */
  get serving(): number {
    return this.slots.filter(({ state }) => state.kind === 'serving').length;
  }

  /**
   * Starts all and keeps them running.
   * @returns the port, when all serve
   * @throws WorkerStartError when one cannot; none is left then
   */
  async start(): Promise<number> {
    for (const slot of this.slots) slot.start();
    this.#check = setInterval(() => {
      for (const slot of this.slots) slot.check();
    }, CHECK_MS);
    this.#check.unref();
    try {
      return await this.#ready;
    } catch (error) {
      await this.stop(true, 0);
      throw error;
    }
  }

  /** Asks each worker that serves; the answers are in the order of the workers. Never rejects. */
  askAll<K extends keyof WorkerQuestions>(
    kind: K,
    asked: WorkerQuestions[K]['asked'],
    timeoutMs: number,
  ): Promise<readonly WorkerAnswer<K>[]> {
    return Promise.all(
      this.slots.flatMap(({ number, state, worker }) =>
        state.kind === 'serving' && worker !== undefined
          ? [toAnswer<K>(number, worker.channel.ask(kind, asked, timeoutMs))]
          : [],
      ),
    );
  }

  /** Makes a stop that is under way a quick one. */
  hurryUp(): void {
    for (const { worker } of this.slots) worker?.channel.tell('hurry', null);
  }

  /**
   * Ends all at the same time, each in its order; who is not done after the time is killed.
   * @throws Error that names those who did not end well
   */
  async stop(isHurried: boolean, timeoutMs: number): Promise<void> {
    clearInterval(this.#check);
    const ends = await Promise.all(
      this.slots.map(async (slot) => ({
        number: slot.number,
        isWell: await slot.stop(isHurried, timeoutMs),
      })),
    );
    const unwell = ends.filter(({ isWell }) => !isWell).map(({ number }) => number);
    if (unwell.length > 0) throw new Error(`workers that did not stop well: ${unwell.join(', ')}`);
  }
}

async function toAnswer<K extends keyof WorkerQuestions>(
  worker: number,
  asked: Promise<WorkerQuestions[K]['answer']>,
): Promise<WorkerAnswer<K>> {
  try {
    return { worker, ok: true, answer: await asked };
  } catch (error) {
    return { worker, ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
