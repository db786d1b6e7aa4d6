import { userInfo } from 'node:os';
import { connectNats, isNatsUrl, type NatsLink } from '@sluice/bus/publishing';
import { readNatsUrl } from '@sluice/tail';
import { HELP, parseControlOptions } from './control-options.js';
import { runControl } from './run-control.js';

const CONNECT_TIMEOUT_MS = 5_000;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Null when NATS did not answer in time. */
const untilConnected = (nats: NatsLink): Promise<unknown> =>
  Promise.race([
    nats.ready,
    new Promise<null>((resolve) => {
      setTimeout(() => resolve(null), CONNECT_TIMEOUT_MS).unref();
    }),
  ]);

const options = parseControlOptions(process.argv.slice(2));
if (options.kind === 'ask') {
  let nats: NatsLink | undefined;
  try {
    const url = readNatsUrl(process.env);
    // The address may hold a password: messages say only where it comes from.
    if (!isNatsUrl(url)) throw new Error('NATS_URL (or natsUrl in start.json) cannot be read as an address.');
    nats = connectNats({ url, name: 'control', log: quiet });
    if ((await untilConnected(nats)) === null) throw new Error(`NATS at ${nats.address} cannot be reached.`);
    const { question, json } = options;
    const actor = { kind: 'operator', name: userInfo().username } as const;
    const print = (line: string): boolean => process.stdout.write(`${line}\n`);
    process.exitCode = (await runControl({ nats, question, actor, json, print })) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await nats?.close();
  }
} else {
  process.stdout.write(options.kind === 'help' ? HELP : `${options.message}\n\n${HELP}`);
  process.exitCode = options.kind === 'help' ? 0 : 2;
}
