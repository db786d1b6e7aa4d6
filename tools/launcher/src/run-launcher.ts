// Everything with an effect on this process is here.
import { join, resolve } from 'node:path';
import { finalScreen } from './final-screen.js';
import { HELP, parseLaunchOptions } from './launch-options.js';
import { Launcher } from './launcher.js';
import { LauncherConfigError, readLauncherConfig } from './launcher.config.js';
import { type Output, openOutput } from './launcher-log.js';
import { type DataDirLock, lockDataDir } from './lock-data-dir.js';

const startedMs = performance.now();

/** Runs until a signal. @param args without the program's own name */
export async function runLauncher(args: readonly string[]): Promise<void> {
  process.stdout.on('error', () => undefined); // `npm start | head`: who reads our lines may go, we stay
  process.stderr.on('error', () => undefined);
  const command = parseLaunchOptions([...args]);
  if (command.kind === 'help') process.stdout.write(HELP);
  else if (command.kind === 'mistake') fail(`${command.message}\n\n${HELP}`);
  else await launch(command.edges);
}

async function launch(edges: number): Promise<void> {
  const prepared = prepare();
  if (prepared === undefined) return;
  const { launcher, output, lock } = prepared;
  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number): Promise<void> => {
    stopping ??= launcher.stop().then(() => {
      lock.release();
      output.say('stopped');
      process.exit(exitCode);
    });
    return stopping;
  };
  // npm forwards Ctrl-C, so it comes twice: what comes while we stop changes nothing.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping === undefined) output.say('stopping');
      void stop(0);
    });
  }
  process.on('uncaughtException', (error) => {
    output.log.error({ err: error }, 'the launcher failed');
    fail(error.message);
    void stop(1);
  });
  try {
    const result = await launcher.start(edges);
    process.stdout.write(finalScreen({ ...result, seconds: (performance.now() - startedMs) / 1000 }));
  } catch (error) {
    if (stopping === undefined) fail(`\n${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
  }
}

function prepare(): { launcher: Launcher; output: Output; lock: DataDirLock } | undefined {
  try {
    const config = readLauncherConfig(resolve(import.meta.dirname, '../../..'));
    const lock = lockDataDir(config.dataDir);
    const output = openOutput(join(config.logsDir, 'launcher.log'), startedMs, process.stdout);
    return { launcher: new Launcher(config, output), output, lock };
  } catch (error) {
    if (!(error instanceof LauncherConfigError) && !(error instanceof Error)) throw error;
    fail(error.message);
    return undefined;
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
