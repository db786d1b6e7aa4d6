// The second: database, streams and durables, before any service starts. The same steps as `npm start`.
import { setTimeout as delay } from 'node:timers/promises';
import { type PrivateServerName, probeOnce } from '@sluice/private-services';
import type { LauncherLog } from '../launcher-log.js';
import { prepareDatabase, prepareStreams } from '../prepare-servers.js';
import { readFileVariables } from './read-file-variables.js';

/** Servers that recover after a crash may take this long; then the container ends, and `up` says so. */
const READY_TIMEOUT_MS = 120_000;
const RETRY_MS = 100;
/** Waiting does not help against these: wrong password, unknown user, no such database. */
const FINAL_POSTGRES_CODES = ['28P01', '28000', '3D000'];

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
      await untilReady(name, url);
      await prepare(url, log);
      say(`${name} is up to date`);
    }),
  );
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [messageOf(result.reason)] : [],
  );
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

async function untilReady(name: PrivateServerName, url: string): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    try {
      await probeOnce(name, url);
      return;
    } catch (error) {
      const waitedMs = performance.now() - startedMs;
      if (isFinal(error) || waitedMs > READY_TIMEOUT_MS) {
        const seconds = Math.round(waitedMs / 1000);
        throw new Error(`${name} cannot be used after ${seconds} s: ${messageOf(error)}`, { cause: error });
      }
    }
    await delay(RETRY_MS);
  }
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return FINAL_POSTGRES_CODES.includes(code) || /authorization violation/i.test(error.message);
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
