import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const child = `
  import { onShutdown, exitWithParent } from ${JSON.stringify(fileURLToPath(new URL('./shutdown.ts', import.meta.url)))};
  const quiet = { info() {}, error() {}, debug() {} };
  onShutdown({ log: quiet, steps: [{ name: 'say', run: () => process.stdout.write('stopped in order'), timeoutMs: 1000 }] });
  exitWithParent();
  setInterval(() => {}, 1000);
  process.stdout.write('up ');
`;

describe('exitWithParent', () => {
  it('a child whose parent goes away stops in order, as if told by SIGINT', async () => {
    const running = spawn(process.execPath, ['--input-type=module', '-e', child], {
      env: { ...process.env, SLUICE_EXIT_WITH_PARENT: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    running.stdout.on('data', (chunk) => {
      output += String(chunk);
      if (output === 'up ') running.stdin.end();
    });
    const [code] = (await once(running, 'close')) as [number];
    expect([code, output]).toEqual([0, 'up stopped in order']);
  });
});
