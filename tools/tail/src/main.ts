import { connect, type NatsConnection } from '@nats-io/transport-node';
import { HELP, parseTailOptions } from './tail-options.js';
import { NoAddressError, readNatsUrl } from './tail.config.js';
import { tail } from './tail.js';

const CONNECT_TIMEOUT_MS = 5_000;

const command = parseTailOptions(process.argv.slice(2));
if (command.kind === 'tail') {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // A reader such as `head` has seen enough.
  process.stdout.on('error', () => stop.abort());
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({ servers: readNatsUrl(process.env), timeout: CONNECT_TIMEOUT_MS });
    await tail(connection, { options: command.options, print, signal: stop.signal });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The address may hold a password, so the message says only where it comes from.
    const where = connection === undefined ? 'NATS cannot be reached (NATS_URL, else start.json): ' : '';
    process.stderr.write(`${error instanceof NoAddressError ? '' : where}${reason}\n`);
    process.exitCode = 1;
  } finally {
    await connection?.close();
  }
} else {
  process.stdout.write(command.kind === 'help' ? HELP : `${command.message}\n\n${HELP}`);
  process.exitCode = command.kind === 'help' ? 0 : 2;
}
