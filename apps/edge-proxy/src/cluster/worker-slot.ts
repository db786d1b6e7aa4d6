// One place for a worker: whoever is in it dies, the next one follows.
import type { Logger } from 'pino';
import type { WorkerExit, WorkerProcess } from './fork-worker.js';
import type { WorkerStatus } from './worker-protocol.js';

/** Where a worker stands. */
export type WorkerState =
  | { readonly kind: 'starting' | 'leaving' | 'ended' }
  | { readonly kind: 'serving'; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly delayMs: number };

export interface WorkerSlotOptions {
  /** From 1. */
  readonly number: number;
  readonly fork: () => WorkerProcess;
  /** Whether this edition of the config is in use; a worker that has made ready with another one has to take it. */
  readonly isCurrent: (edition: number) => boolean;
  readonly log: Logger;
  readonly onServing: (port: number) => void;
  /** Only before the first one served: nobody follows then. The sentence is for the operator. */
  readonly onFailedStart: (message: string) => void;
  readonly onExit: () => void;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;
/** Who has served this long was well: the next one need not wait longer than the first. */
const WELL_MS = 10_000;
/** Room for a start on a busy machine. */
const START_MS = 30_000;
/**
 * A worker tells of itself each second; one that is silent for so many looks hangs, and what it holds is lost anyway.
 * Looks and not time: after a machine was frozen all of them have been silent for long.
 */
const MOST_SILENT_LOOKS = 30;
/** What a worker that stops by itself has beside its steps: it was ill when it began. */
const LEAVE_SLACK_MS = 5_000;
/** Sent to the whole group; they end a worker only in the first moments of its start, and say nothing about it. */
const SIGNALS_OF_THE_GROUP: ReadonlySet<string | null> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP']);

export class WorkerSlot {
  readonly number: number;
  readonly #options: WorkerSlotOptions;
  #worker: WorkerProcess | null = null;
  #state: WorkerState = { kind: 'starting' };
  #status: WorkerStatus | null = null;
  #silentLooks = 0;
  #hasServed = false;
  #restarts = 0;
  #delayMs = FIRST_DELAY_MS;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: WorkerSlotOptions) {
    this.number = options.number;
    this.#options = options;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** What it said last, null when it is not serving. */
  get status(): WorkerStatus | null {
    return this.#state.kind === 'serving' ? this.#status : null;
  }

  /** Undefined while there is none. */
  get worker(): WorkerProcess | undefined {
    return this.#worker ?? undefined;
  }

  /** Workers that followed one that had died. */
  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    this.#status = null;
    this.#state = { kind: 'starting' };
    let worker: WorkerProcess;
    try {
      worker = this.#options.fork();
    } catch (error) {
      // The machine is short of something: the other workers go on, and this one is tried again.
      const failure = error instanceof Error ? error.message : String(error);
      return this.#onExit({ code: null, signal: null, failure }, null);
    }
    let failure: string | null = null;
    this.#worker = worker;
    const killAfter = (timeoutMs: number, what: string): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        failure = `worker ${this.number} ${what} after ${timeoutMs / 1000} s`;
        worker.kill();
      }, timeoutMs);
    };
    killAfter(START_MS, 'was not ready');
    worker.channel
      .listen('ready', ({ port, edition }) => {
        if (this.#options.isCurrent(edition)) this.#onReady(port);
        else worker.channel.tell('outdated', null);
      })
      .listen('failed', ({ message }) => (failure = message))
      .listen('leaving', ({ withinMs }) => {
        this.#state = { kind: 'leaving' };
        killAfter(withinMs + LEAVE_SLACK_MS, 'had not ended its own stop');
      })
      .listen('status', (status) => {
        this.#status = status;
        this.#silentLooks = 0;
      });
    void worker.exited.then((exit) => this.#onExit(exit, failure));
  }

  /** Ends one that hangs. To be called each second. */
  check(): void {
    if (this.#isStopping || this.#state.kind !== 'serving') return;
    this.#silentLooks += 1;
    if (this.#silentLooks < MOST_SILENT_LOOKS) return;
    this.#options.log.error({ worker: this.number, pid: this.#worker?.pid }, 'a worker hangs: ending it');
    this.#worker?.kill();
  }

  /** @returns whether it ended in order, within the time. Never rejects. */
  async stop(isHurried: boolean, timeoutMs: number): Promise<boolean> {
    this.#isStopping = true;
    const worker = this.#worker;
    if (this.#state.kind === 'waiting') clearTimeout(this.#timer);
    if (worker === null) return true;
    // One that does not serve yet has nothing to end in order.
    const isStarting = this.#state.kind === 'starting';
    if (isStarting) worker.kill();
    else worker.channel.tell('stop', { isHurried });
    const timer = setTimeout(() => worker.kill(), timeoutMs);
    const { code } = await worker.exited;
    clearTimeout(timer);
    return code === 0 || isStarting;
  }

  #onReady(port: number): void {
    if (this.#state.kind !== 'starting') return; // it has met a bug meanwhile, and leaves
    clearTimeout(this.#timer);
    this.#hasServed = true;
    this.#silentLooks = 0;
    this.#state = { kind: 'serving', sinceMs: performance.now() };
    this.#options.onServing(port);
  }

  #onExit(exit: WorkerExit, told: string | null): void {
    clearTimeout(this.#timer);
    const { log, onFailedStart, onExit } = this.#options;
    const { code, signal } = exit;
    const pid = this.#worker?.pid;
    const wasWell = this.#state.kind === 'serving' && performance.now() - this.#state.sinceMs > WELL_MS;
    this.#worker = null;
    this.#state = { kind: 'ended' };
    onExit();
    if (this.#isStopping) return;
    const how =
      exit.failure === undefined
        ? `worker ${this.number} ended (${signal ?? `code ${code}`})`
        : `worker ${this.number} could not be started (${exit.failure})`;
    if (!this.#hasServed && !SIGNALS_OF_THE_GROUP.has(signal)) {
      return onFailedStart(told ?? (exit.failure === undefined ? `${how} before it was ready` : how));
    }
    if (wasWell) this.#delayMs = FIRST_DELAY_MS;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2);
    this.#state = { kind: 'waiting', delayMs };
    log.error({ worker: this.number, pid, code, signal, reason: told, delayMs }, `${how}: starting another`);
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, delayMs);
  }
}
