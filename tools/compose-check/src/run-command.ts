import { spawn } from 'node:child_process';

/** How a command went. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Killed afterwards. */
  readonly timeoutMs: number;
  /** Gets the output as it comes. */
  readonly onOutput?: (text: string) => void;
}

const MOST_OUTPUT_UNITS = 16 * 1024 * 1024;

/** Runs it to its end and never rejects: a program that is not there gives the code null. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const kept = { stdout: '', stderr: '' };
    const keep = (name: keyof typeof kept) => (text: string) => {
      kept[name] = (kept[name] + text).slice(-MOST_OUTPUT_UNITS);
      options.onOutput?.(text);
    };
    child.stdout.setEncoding('utf8').on('data', keep('stdout'));
    child.stderr.setEncoding('utf8').on('data', keep('stderr'));
    child.once('error', (error) => resolve({ code: null, stdout: '', stderr: error.message }));
    child.once('close', (code) => resolve({ code, ...kept }));
  });
}
