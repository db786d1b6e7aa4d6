// The stop of a process that owns an edge: what starts it, and what makes it a hurried one.
import { exitWithParent, installProcessGuards, onShutdown, type ShutdownStep } from '@sluice/service-kit';
import type { Logger } from 'pino';
import type { EdgeProxyConfig } from './edge-proxy.config.js';
import { StopPace } from './http/stop-pace.js';

/** How patient this edge's stop is: what the config file says, capped by the environment. */
export function stopPaceOf(env: EdgeProxyConfig, configuredGraceMs: number): StopPace {
  return new StopPace({
    preStopMs: env.preStopMs,
    graceMs: Math.min(configuredGraceMs, env.shutdownGraceMs ?? Infinity),
    hurriedGraceMs: env.sigintGraceMs ?? Infinity,
  });
}

/** Runs the steps at a signal, at the end of a launcher, and when an error was caught by nobody. */
export function stopInOrder(log: Logger, pace: StopPace, steps: readonly ShutdownStep[]): void {
  process.on('SIGINT', () => pace.hurryUp());
  const { stop } = onShutdown({ log, steps });
  installProcessGuards({
    log,
    stop: (reason, exitCode) => {
      // Who has met a bug takes no more than it has.
      pace.hurryUp();
      return stop(reason, exitCode);
    },
  });
  exitWithParent();
}
