import { writeSync } from 'node:fs';
import { openLog } from '@sluice/private-services';

/** What the libs that prepare the servers log to: facts first, then one sentence. */
export interface LauncherLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Where the launcher speaks: short lines to the person, all else as JSON lines to a file. */
export interface Output {
  /** One line of progress. */
  readonly say: (line: string) => void;
  readonly log: LauncherLog;
}

/** Opens `<logsDir>/launcher.log`; lines of progress go to both. */
export function openOutput(logFile: string, startedMs: number, out: NodeJS.WritableStream): Output {
  const handle = openLog(logFile);
  const write = (level: string, facts: object, message: string): void => {
    writeSync(
      handle,
      `${JSON.stringify({ level, time: new Date().toISOString(), ...withPlainErrors(facts), message })}\n`,
    );
  };
  const log: LauncherLog = {
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
  };
  const say = (line: string): void => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    out.write(`[${seconds.padStart(5)} s] ${line}\n`);
    log.info({}, line);
  };
  return { say, log };
}

/** Errors as their message: a stack or a cause may carry more than a log should have. */
function withPlainErrors(facts: object): object {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Error ? value.message : value,
    ]),
  );
}
