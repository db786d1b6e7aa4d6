// Load, slow clients and providers in processes of their own, so that they and the edge do not wait for each other.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A script of this folder that runs: it gets its options as JSON and tells what it has to tell in lines of JSON. */
export interface OwnProcess extends AsyncDisposable {
  /** Its next line. */
  next(): Promise<unknown>;
}

/** Starts `<name>.ts`, which imports nothing but node's own modules; it ends at the latest with this process. */
export function startScript(name: string, options: object): OwnProcess {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify(options)], {
    env: { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no stdout');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  return {
    async next() {
      const line = await lines.next();
      if (line.done === true) throw new Error(`${name} ended without a word`);
      return JSON.parse(line.value) as unknown;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}
