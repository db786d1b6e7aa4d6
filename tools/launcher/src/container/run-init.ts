// The second: database, streams and durables, before any service starts. The same steps as `npm start`.
import { probeUntilReady } from '@sluice/private-services';
import type { LauncherLog } from '../launcher-log.js';
import { prepareDatabase, prepareStreams } from '../prepare-servers.js';
import { readFileVariables } from './read-file-variables.js';

/** Servers that recover after a crash may take this long; then the container ends, and `up` says so. */
const READY_TIMEOUT_MS = 120_000;

/**
 * Waits for the servers of `NATS_URL` and `DATABASE_URL` (or their `_FILE`s) and brings both up to date. Safe to repeat and when
 * several run at once. @throws Error that says which server failed and how, without its password
 */
export async function runInit(env: Readonly<NodeJS.ProcessEnv>, say: (line: string) => void): Promise<void> {
  const urls = { ...env, ...readFileVariables(env) };
  const log = lineLog(say);
  const steps = {
    nats: { url: urls.NATS_URL, variable: 'NATS_URL', prepare: prepareStreams },
    postgres: { url: urls.DATABASE_URL, variable: 'DATABASE_URL', prepare: prepareDatabase },
  } as const;
  const results = await Promise.allSettled(
    (['nats', 'postgres'] as const).map(async (name) => {
      const { url, variable, prepare } = steps[name];
      if (url === undefined) throw new Error(`${variable} or ${variable}_FILE has to be set.`);
      await probeUntilReady(name, url, { timeoutMs: READY_TIMEOUT_MS }).catch((error: unknown) => {
        const seconds = READY_TIMEOUT_MS / 1000;
        throw new Error(`${name} cannot be used after ${seconds} s: ${messageOf(error)}`, { cause: error });
      });
      await prepare(url, log);
      say(`${name} is up to date`);
    }),
  );
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [messageOf(result.reason)] : [],
  );
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

function lineLog(say: (line: string) => void): LauncherLog {
  const write = (level: string) => (facts: object, message: string) => {
    const { err, ...rest } = { err: undefined, ...facts } as { err?: unknown }; // any object may be read so
    const error = err === undefined ? {} : { err: messageOf(err) };
    say(JSON.stringify({ level, time: new Date().toISOString(), ...rest, ...error, message }));
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
