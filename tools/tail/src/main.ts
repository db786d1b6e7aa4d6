import { connect } from '@nats-io/transport-node';
import { HELP, parseTailOptions } from './tail-options.js';
import { readNatsUrl } from './tail.config.js';
import { tail } from './tail.js';

const CONNECT_TIMEOUT_MS = 5_000;

const command = parseTailOptions(process.argv.slice(2));
if (command.kind === 'tail') {
  try {
    const connection = await connect({ servers: readNatsUrl(process.env), timeout: CONNECT_TIMEOUT_MS });
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    // A reader such as `head` has seen enough.
    process.stdout.on('error', () => stop.abort());
    const print = (line: string): boolean => process.stdout.write(`${line}\n`);
    await tail(connection, { options: command.options, print, signal: stop.signal });
    await connection.close();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} else {
  process.stdout.write(command.kind === 'help' ? HELP : `${command.message}\n\n${HELP}`);
  process.exitCode = command.kind === 'help' ? 0 : 2;
}
