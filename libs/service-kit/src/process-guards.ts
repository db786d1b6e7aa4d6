import type { Logger } from 'pino';

/** What {@link installProcessGuards} needs. */
export interface ProcessGuardOptions {
  readonly log: Logger;
  /** The orderly stop, see `onShutdown`. */
  readonly stop: (reason: string, exitCode: number) => Promise<void>;
  /** Where the events come from; tests pass their own. */
  readonly source?: NodeJS.EventEmitter;
}

/** An error that nobody caught is logged as fatal (masked, as every line) and stops the service in order, with exit code 1. */
export function installProcessGuards({ log, stop, source = process }: ProcessGuardOptions): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    source.on(event, (err: unknown) => {
      log.fatal({ err }, `${event}: stopping`);
      void stop(event, 1);
    });
  }
}
