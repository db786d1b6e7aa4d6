/**
 * SIGHUP asks for a reload. Heard from the moment this is made, since the signal's own effect is to end the process;
 * one that comes before somebody is {@link connect}ed is passed on then.
 */
export class HangUp {
  #handler: (() => void) | null = null;
  #isWaiting = false;

  constructor(signals: Pick<NodeJS.Process, 'on'> = process) {
    signals.on('SIGHUP', () => {
      if (this.#handler === null) this.#isWaiting = true;
      else this.#handler();
    });
  }

  /** @param handler must not throw */
  connect(handler: () => void): void {
    this.#handler = handler;
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    handler();
  }
}
