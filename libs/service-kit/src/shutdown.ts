import type { Logger } from 'pino';

/** One thing to stop. Steps run one after the other, in the order given. */
export interface ShutdownStep {
  readonly name: string;
  readonly run: () => unknown;
  /** How long the next step waits for this one. A step that takes longer is left behind and the exit code is 1. */
  readonly timeoutMs: number;
}

/** What {@link onShutdown} needs. */
export interface ShutdownOptions {
  readonly log: Logger;
  readonly steps: readonly ShutdownStep[];
  /** After this the process ends whatever still runs. Default: the sum of the steps and 2 s. */
  readonly totalTimeoutMs?: number;
  /** Ends the process; tests pass their own. */
  readonly exit?: (code: number) => void;
  /** Where the signals come from; tests pass their own. */
  readonly signals?: NodeJS.EventEmitter;
}

/** Starts the orderly stop from code. */
export interface Shutdown {
  /** Runs the steps once and ends the process; further calls wait for the same stop. `exitCode` 0 when absent. */
  readonly stop: (reason: string, exitCode?: number) => Promise<void>;
  /** Aborted when the stop begins. */
  readonly signal: AbortSignal;
}

const SLACK_MS = 2_000;

/**
 * Stops the service in order on SIGTERM and SIGINT alike: each step once, a second signal changes nothing (npm forwards
 * Ctrl-C twice), exit code 0 when every step went well.
 */
export function onShutdown(options: ShutdownOptions): Shutdown {
  const { log, steps } = options;
  const exit = options.exit ?? ((code: number): void => process.exit(code));
  const totalMs = options.totalTimeoutMs ?? steps.reduce((sum, step) => sum + step.timeoutMs, SLACK_MS);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let exitCode = 0;

  const stop = (reason: string, code = 0): Promise<void> => {
    exitCode = Math.max(exitCode, code);
    if (running !== undefined) {
      log.info({ reason }, 'already stopping');
      return running;
    }
    log.info({ reason, steps: steps.length }, 'stopping');
    stopping.abort();
    const hardLimit = setTimeout(() => {
      log.error({ totalMs }, 'the stop took too long: ending now');
      exit(1);
    }, totalMs);
    running = runSteps(steps, log).then((allWell) => {
      clearTimeout(hardLimit);
      const finalCode = allWell ? exitCode : 1;
      log.info({ exitCode: finalCode }, 'stopped');
      exit(finalCode);
    });
    return running;
  };

  const signals = options.signals ?? process;
  for (const name of ['SIGTERM', 'SIGINT']) signals.on(name, () => void stop(name));
  return { stop, signal: stopping.signal };
}

async function runSteps(steps: readonly ShutdownStep[], log: Logger): Promise<boolean> {
  let allWell = true;
  for (const step of steps) {
    const startedAt = performance.now();
    try {
      await within(step);
      log.debug({ step: step.name, ms: Math.round(performance.now() - startedAt) }, 'stopped a part');
    } catch (error) {
      allWell = false;
      log.error({ step: step.name, err: error }, 'a part did not stop well');
    }
  }
  return allWell;
}

async function within(step: ShutdownStep): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`"${step.name}" took longer than ${step.timeoutMs} ms`));
    }, step.timeoutMs);
  });
  try {
    await Promise.race([Promise.resolve().then(() => step.run()), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * With `SLUICE_EXIT_WITH_PARENT=1` in the environment the end of stdin counts as SIGINT, so that a child of a launcher
 * that was killed does not live on. Does nothing otherwise.
 */
export function exitWithParent(env: NodeJS.ProcessEnv = process.env): void {
  if (env['SLUICE_EXIT_WITH_PARENT'] !== '1') return;
  let told = false;
  const parentGone = (): void => {
    if (told) return;
    told = true;
    process.kill(process.pid, 'SIGINT');
  };
  process.stdin.on('end', parentGone);
  process.stdin.on('close', parentGone);
  process.stdin.on('error', parentGone);
  process.stdin.resume();
}
