// .ci/stages.sh: the gate ends in time, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ROOT } from './workspace-files.js';

interface Gate {
  readonly ended: Promise<{ lastLine: string; output: string; code: number | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the number after the word, as soon as a stage has printed it. */
  readonly printed: (word: string) => Promise<number>;
}

function startGate(stages: string, limitSeconds = 60): Gate {
  const script = `set -uo pipefail\ngate_limit_s=${limitSeconds} grace_s=1\nsource .ci/stages.sh\n${stages}\nfinish\n`;
  const child = spawn('bash', ['-c', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ended = Promise.all([exited, text(child.stdout)]).then(([code]) => ({
    lastLine: output.trimEnd().split('\n').at(-1) ?? '',
    output,
    code,
  }));
  const printed = (word: string): Promise<number> =>
    expect
      .poll(() => new RegExp(`^${word} (\\d+)$`, 'm').exec(output)?.[1], { timeout: 10_000 })
      .toMatch(/\d/)
      .then(() => Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(output)?.[1]));
  return { ended, kill: (signal) => void child.kill(signal), printed };
}

/** A zombie that nobody reaps is none. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a gate whose stages pass ends with 0', async () => {
  const gate = startGate('stage first 5 true\npassed=2');
  expect(await gate.ended).toMatchObject({ lastLine: '2 passed, 0 failed', code: 0 });
});

test('all stages together end within the limit of the gate; one for which no time is left fails', async () => {
  const gate = startGate("stage slow 60 sleep 60\nstage late 60 echo 'late began'", 1);
  const { lastLine, output, code } = await gate.ended;
  expect([lastLine, code]).toEqual(['0 passed, 2 failed', 1]);
  expect(output).toContain('slow: ran out of time');
  expect(output).not.toMatch(/^late began/m);
}, 10_000);

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a gate that gets %s ends its stage with all its processes, says its summary and begins no other stage',
  async (signal) => {
    const stubborn = `bash -c 'trap "" TERM INT HUP; sleep 60 & echo grandchild $!; wait'`;
    const gate = startGate(`stage slow 60 ${stubborn}\nstage late 60 true`);
    const grandchild = await gate.printed('grandchild');
    expect(isRunning(grandchild)).toBe(true);
    gate.kill(signal);
    const { lastLine, output, code } = await gate.ended;
    expect([lastLine, code]).toEqual(['0 passed, 1 failed', 1]);
    expect(output).not.toContain('late');
    expect(isRunning(grandchild)).toBe(false);
  },
  20_000,
);
