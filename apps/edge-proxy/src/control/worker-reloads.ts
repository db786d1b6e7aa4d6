// The worker's side of a reload: it does what its primary orders.
import { ConfigFileError, messageOf } from './config-source.js';
import type { ConfigReloader, PreparedReload } from './config-reloader.js';
import { type ReloadAnswer, type ReloadOrder, reloadOrderSchema } from './worker-channel.js';

/** Answers reload orders. Keeps one prepared config at a time: a primary has one reload at a time. */
export class WorkerReloads {
  readonly #reloader: Pick<ConfigReloader, 'prepare' | 'commit'>;
  readonly #send: (answer: ReloadAnswer) => void;
  #ready: { readonly id: number; readonly prepared: PreparedReload } | null = null;

  /** @param send to the primary; must not throw */
  constructor(reloader: Pick<ConfigReloader, 'prepare' | 'commit'>, send: (answer: ReloadAnswer) => void) {
    this.#reloader = reloader;
    this.#send = send;
  }

  /** Takes any message of the primary; what is no reload order is somebody else's. Never throws. */
  take(message: unknown): void {
    const read = reloadOrderSchema.safeParse(message);
    if (read.success) this.#follow(read.data);
  }

  #follow(order: ReloadOrder): void {
    switch (order.kind) {
      case 'config.prepare':
        return this.#send({ kind: 'config.prepared', id: order.id, problems: this.#prepare(order) });
      case 'config.commit':
        return this.#send({ kind: 'config.committed', id: order.id, problems: this.#commit(order) });
      case 'config.abandon':
        if (this.#ready?.id === order.id) this.#ready = null;
    }
  }

  #prepare({ id, text }: Extract<ReloadOrder, { kind: 'config.prepare' }>): string[] | null {
    try {
      this.#ready = { id, prepared: this.#reloader.prepare(text) };
      return null;
    } catch (error) {
      return error instanceof ConfigFileError ? [...error.problems] : [`a bug: ${messageOf(error)}`];
    }
  }

  #commit({ id, actor }: Extract<ReloadOrder, { kind: 'config.commit' }>): string[] | null {
    const ready = this.#ready;
    if (ready?.id !== id) return ['there is nothing that was made ready'];
    this.#ready = null;
    const report = this.#reloader.commit(ready.prepared, actor);
    return report.ok ? null : [...report.problems];
  }
}
