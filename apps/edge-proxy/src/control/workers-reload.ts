// The primary's side of a reload: first every worker makes the new config ready, then all put it to use. One that cannot
// make it ready keeps everybody at the old one; the edge answers once, when all have swapped.
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditActor } from '@sluice/contracts';
import type { ConfigReloader, PreparedReload, ReloadReport } from './config-reloader.js';
import { ConfigFileError } from './config-source.js';
import { reloadAnswerSchema, type ReloadAnswer, type ReloadOrder } from './worker-channel.js';

/** One worker, as its primary reaches it. */
export interface ReloadableWorker {
  /** Tells workers apart for people, e.g. `worker 2`. */
  readonly name: string;
  /** @returns false when it is gone */
  send(order: ReloadOrder): boolean;
  /** It said yes and then did not swap, or cannot be told: it must not serve on. The primary starts another one. */
  replace(): void;
}

export interface ReloadWorkersOptions {
  /** The primary's own: reads the file, keeps the copy, tells and counts. */
  readonly reloader: Pick<ConfigReloader, 'prepare' | 'commit' | 'refuse'>;
  /** @throws ConfigFileError */
  readonly readText: () => string;
  /** Those that serve now. Asked again after the swap: one may have come meanwhile, with the old config. */
  readonly workers: () => readonly ReloadableWorker[];
  readonly onFailed: () => void;
  /** For each of the two rounds. A worker that is busy with a long turn is waited for so long. Default 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

interface Asked {
  readonly kind: ReloadAnswer['kind'];
  readonly id: number;
  readonly worker: ReloadableWorker;
  readonly answer: (problems: readonly string[] | null) => void;
}

/** Reloads of a primary, one after the other. */
export class WorkersReload {
  readonly #options: ReloadWorkersOptions;
  readonly #asked = new Set<Asked>();
  #nextId = 1;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloadWorkersOptions) {
    this.#options = options;
  }

  /** Begins when the reloads before it have ended. Never rejects. */
  reload(actor: AuditActor): Promise<ReloadReport> {
    const mine = this.#last
      .then(() => this.#run(actor))
      .catch((error: unknown) => this.#options.reloader.refuse(error, actor));
    this.#last = mine;
    return mine;
  }

  /** Takes any message of a worker; what is no answer to a reload is somebody else's. Never throws. */
  take(worker: ReloadableWorker, message: unknown): void {
    const read = reloadAnswerSchema.safeParse(message);
    if (!read.success) return;
    const { kind, id, problems } = read.data;
    for (const asked of this.#asked) {
      if (asked.worker === worker && asked.id === id && asked.kind === kind) asked.answer(problems);
    }
  }

  /** It will not answer any more. */
  onWorkerGone(worker: ReloadableWorker): void {
    for (const asked of this.#asked) if (asked.worker === worker) asked.answer(['it has ended']);
  }

  async #run(actor: AuditActor): Promise<ReloadReport> {
    const { reloader, workers, onFailed } = this.#options;
    const prepared = reloader.prepare(this.#options.readText());
    const id = this.#nextId++;
    // Its own list: the primary's goes on changing.
    const first = [...workers()];
    const refusals = await this.#ask(first, 'config.prepared', {
      kind: 'config.prepare',
      id,
      text: prepared.text,
    });
    if (refusals.length > 0) {
      for (const worker of first) worker.send({ kind: 'config.abandon', id });
      onFailed();
      throw new ConfigFileError('not every worker could take it', {
        problems: refusals.map(({ problem }) => problem),
      });
    }
    const lost = await this.#ask(first, 'config.committed', { kind: 'config.commit', id, actor });
    const late = await this.#bringAlong(first, prepared, actor);
    const report = reloader.commit(prepared, actor);
    // They said yes and did not do it: what replaces them starts with the new config.
    const failed = [...lost, ...late];
    for (const { worker } of failed) worker.replace();
    if (failed.length === 0 || !report.ok) return report;
    onFailed();
    return {
      ok: false,
      version: report.version,
      problems: failed.map(({ problem }) => `${problem}; it is replaced by one with the new config`),
    };
  }

  /** Workers that came between the first round and the swap have read the old file or the new one: make it the new. */
  async #bringAlong(
    known: readonly ReloadableWorker[],
    { text }: PreparedReload,
    actor: AuditActor,
  ): Promise<readonly Failure[]> {
    const late = this.#options.workers().filter((worker) => !known.includes(worker));
    if (late.length === 0) return [];
    const id = this.#nextId++;
    const refused = await this.#ask(late, 'config.prepared', { kind: 'config.prepare', id, text });
    if (refused.length > 0) return refused;
    return this.#ask(late, 'config.committed', { kind: 'config.commit', id, actor });
  }

  /** Sends to all and waits for all, or the time. */
  async #ask(
    workers: readonly ReloadableWorker[],
    kind: ReloadAnswer['kind'],
    order: ReloadOrder,
  ): Promise<readonly Failure[]> {
    const failures = await Promise.all(
      workers.map(async (worker): Promise<readonly Failure[]> => {
        const problems = await this.#askOne(worker, kind, order);
        return (problems ?? []).map((problem) => ({ worker, problem: `${worker.name}: ${problem}` }));
      }),
    );
    return failures.flat();
  }

  async #askOne(
    worker: ReloadableWorker,
    kind: ReloadAnswer['kind'],
    order: ReloadOrder,
  ): Promise<readonly string[] | null> {
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
    const stop = new AbortController();
    const late = pause(timeoutMs, [`no answer within ${timeoutMs / 1000} s`], { signal: stop.signal });
    late.catch(() => undefined);
    let asked: Asked | undefined;
    const answered = new Promise<readonly string[] | null>((answer) => {
      asked = { kind, id: order.id, worker, answer };
      this.#asked.add(asked);
      if (!worker.send(order)) answer(['it has ended']);
    });
    try {
      return await Promise.race([answered, late]);
    } finally {
      stop.abort();
      if (asked !== undefined) this.#asked.delete(asked);
    }
  }
}

interface Failure {
  readonly worker: ReloadableWorker;
  readonly problem: string;
}
