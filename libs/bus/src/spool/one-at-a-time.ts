/** Upkeep that is skipped while its last run still goes on. Its errors go to one place. */
export class OneAtATime {
  /** The last run; never rejects. */
  done: Promise<void> = Promise.resolve();
  #isRunning = false;
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;

  constructor(work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.done = this.#work()
      .catch(this.#onError)
      .finally(() => {
        this.#isRunning = false;
      });
  }

  /** Runs now and then every so often; the timer does not keep the process alive. */
  every(intervalMs: number): NodeJS.Timeout {
    return setInterval(() => this.run(), intervalMs).unref();
  }
}
