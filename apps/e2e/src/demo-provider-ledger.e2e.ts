// The oracle itself, as a process: whatever is done to it, no answer that a caller has seen whole is missing from it.
import { fileURLToPath } from 'node:url';
import { tempDir, type TempDir, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DemoLedger } from './harness/demo-ledger.js';
import { freePortBlock } from './harness/free-port-block.js';
import { BlackBox } from './harness/service-process.js';

const SCRIPT = fileURLToPath(new URL('../../demo-provider/dist/main.js', import.meta.url));

let dir: TempDir;
let port: number;
let ledger: DemoLedger;
beforeAll(async () => {
  dir = await tempDir('sluice-demo-e2e-');
  port = await freePortBlock(2);
  ledger = new DemoLedger(`http://127.0.0.1:${port + 1}`);
});
afterAll(() => dir.remove());

async function startProvider(): Promise<BlackBox> {
  const box = BlackBox.start({
    script: SCRIPT,
    cwd: dir.path,
    env: { DEMO_PROVIDER_PORT: `${port}`, DEMO_PROVIDER_OPS_PORT: `${port + 1}`, SLUICE_DATA_DIR: dir.path },
  });
  await waitFor(() => ledger.totals(), { timeoutMs: 15_000, message: () => box.output });
  return box;
}

/** Calls until the provider is gone; gives the attempts whose answer arrived whole. */
async function callUntilGone(worker: string): Promise<string[]> {
  const seen: string[] = [];
  for (let call = 0; ; call += 1) {
    const attemptId = `${worker}.${call}`;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-sluice-attempt-id': attemptId },
        body: JSON.stringify({
          model: 'demo-fast',
          stream: call % 2 === 0,
          messages: [{ role: 'user', content: 'Hi' }],
        }),
      });
      await response.text();
      seen.push(attemptId);
    } catch {
      return seen;
    }
  }
}

it('five times killed with -9 under load: every answer seen whole is on record, each attempt once', async () => {
  const seen: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const box = await startProvider();
    const workers = [1, 2, 3, 4].map((worker) => callUntilGone(`r${round}w${worker}`));
    const before = (await ledger.totals()).all.servings;
    await waitFor(async () => (await ledger.totals()).all.servings > before + 200);
    box.signal('SIGKILL');
    await box.ended;
    seen.push(...(await Promise.all(workers)).flat());
  }
  const last = await startProvider();
  const servings = await ledger.servings();
  const recorded = servings.map(({ attemptId }) => attemptId);
  const { all, distinctAttemptIds, writeErrors } = await ledger.totals();
  expect(seen.length).toBeGreaterThan(1_000);
  expect(seen.filter((attemptId) => !recorded.includes(attemptId))).toEqual([]);
  expect([new Set(recorded).size, distinctAttemptIds, all.servings]).toEqual(Array(3).fill(recorded.length));
  expect(servings.map(({ seq }) => seq)).toEqual(servings.map((_, index) => index + 1));
  expect(writeErrors).toBe(0);
  expect(await last.stop(5_000)).toEqual({ code: 0, signal: null });
});

it('SIGTERM lets a stream end that has begun, and the process ends with 0', async () => {
  const box = await startProvider();
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'demo-chat+tokens=40',
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
  });
  const ended = box.stop(8_000);
  expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
  expect(await ended).toEqual({ code: 0, signal: null });
});

it('a port that is taken is named, with the variable that moves it, and the process ends with 1', async () => {
  const first = await startProvider();
  const env = { DEMO_PROVIDER_PORT: `${port}`, DEMO_PROVIDER_OPS_PORT: '0', SLUICE_DATA_DIR: dir.path };
  const second = BlackBox.start({ script: SCRIPT, cwd: dir.path, env });
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(second.output).toContain('Set DEMO_PROVIDER_PORT to another port');
  await first.stop(5_000);
});
