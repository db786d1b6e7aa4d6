/**
 * Upkeep that is skipped while its last run still goes on. Of failures in a row only the first is handed on.
 */
export class OneAtATime {
  /** The last run; never rejects. */
  done: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isFailing = false;
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;

  constructor(work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.done = this.#runOnce();
  }

  /** Runs every so often; the timer does not keep the process alive. */
  every(intervalMs: number): NodeJS.Timeout {
    return setInterval(() => this.run(), intervalMs).unref();
  }

  async #runOnce(): Promise<void> {
    try {
      await this.#work();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#onError(error);
      this.#isFailing = true;
    } finally {
      this.#isRunning = false;
    }
  }
}
