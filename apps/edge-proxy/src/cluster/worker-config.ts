// Which config a worker serves with: its primary's, also when that changes while the worker starts.
import type { ConfigReloader, PreparedReload } from '../control/config-reloader.js';
import type { WorkerChannel } from './worker-channel.js';
import type { ConfigEdition } from './worker-protocol.js';

export interface WorkerConfigOptions {
  readonly channel: WorkerChannel;
  readonly reloader: Pick<ConfigReloader, 'prepare' | 'commit'>;
  /** Of the config that the worker has started with. */
  readonly edition: number;
}

/** The primary answers from memory; it is there, or this process ends. */
export const PRIMARY_MS = 10_000;

const CATCHING_UP = { kind: 'system', name: 'worker start' } as const;

export class WorkerConfig {
  readonly #options: WorkerConfigOptions;
  #edition: number;
  #prepared: (PreparedReload & Pick<ConfigEdition, 'edition'>) | null = null;

  /** Reloads when told, in two steps, so that either all workers take a new config or none. */
  constructor(options: WorkerConfigOptions) {
    this.#options = options;
    this.#edition = options.edition;
    const { channel, reloader } = options;
    channel
      .handle('config.prepare', ({ edition, text }) => {
        this.#prepared = null;
        this.#prepared = { ...reloader.prepare(text), edition };
        return null;
      })
      .handle('config.commit', async ({ edition, actor }) => {
        const prepared = this.#prepared;
        if (prepared?.edition === edition) {
          this.#prepared = null;
          reloader.commit(prepared, actor);
          this.#edition = edition;
        } else await this.catchUp(); // it got ready between the two steps
        if (this.#edition < edition) throw new Error(`config edition ${edition} was not prepared`);
        return null;
      });
  }

  /** Of the config in use. */
  get edition(): number {
    return this.#edition;
  }

  /**
   * Puts to use what the primary has now.
   * @throws NoAnswerError, ConfigFileError
   */
  async catchUp(): Promise<void> {
    const { channel, reloader } = this.#options;
    const { edition, text } = await channel.ask('config.current', null, PRIMARY_MS);
    if (edition <= this.#edition) return;
    reloader.commit(reloader.prepare(text), CATCHING_UP);
    this.#edition = edition;
  }
}
