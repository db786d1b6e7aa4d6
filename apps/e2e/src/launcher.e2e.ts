// `npm start` as a whole: children that die come back, everything stops in order, what a kill leaves is reaped.
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { processIdentity } from '@sluice/private-services';
import { tempDir, waitFor } from '@sluice/testing';
import { expect, it } from 'vitest';
import { type Sluice, type StartFile, startSluice } from './harness/start-sluice.js';

/** Contract: the file names a new pid within 500 ms of the child's restart, which waits 100 ms to 2 s. */
const BACK_TIMEOUT_MS = 10_000;
const HELLO = { model: 'demo-fast', messages: [{ role: 'user', content: 'Hello' }] };

const pidsOf = (start: StartFile): number[] => Object.values(start.pids).flat();
const pidOf = (start: StartFile, name: string): number => [start.pids[name] ?? 0].flat()[0] ?? 0;

const rowOf = async (sluice: Sluice, response: Response): Promise<Record<string, unknown>> => {
  const id = response.headers.get('x-request-id');
  return waitFor(
    async () => (await sluice.query('select * from request_log where request_id = $1', [id]))[0],
    {
      timeoutMs: 20_000,
      message: () => `a row of ${String(id)}; the logger says:\n${sluice.logTail('logger')}`,
    },
  );
};

it.each(['edge-proxy', 'logger', 'nats', 'postgres', 'redis', 'demo-provider'])(
  'a %s that is killed comes back, the start file names it, and a new request ends as one row',
  async (name) => {
    await using sluice = await startSluice();
    const before = pidOf(sluice, name);
    process.kill(before, 'SIGKILL');
    await waitFor(
      () => {
        const now = pidOf(sluice.readStartFile(), name);
        return now !== before && now > 0 && processIdentity(now) !== undefined;
      },
      { timeoutMs: BACK_TIMEOUT_MS, message: () => sluice.launcher.output },
    );
    const response = await waitFor(
      async () => {
        const answer = await sluice.post('/v1/chat/completions', HELLO).catch(() => undefined);
        return answer?.status === 200 ? answer : undefined;
      },
      { timeoutMs: BACK_TIMEOUT_MS, message: () => sluice.logTail('edge-proxy') },
    );
    expect(await rowOf(sluice, response)).toMatchObject({ outcome: 'succeeded', status: 200 });
  },
);

it('Ctrl-C, also twice, stops everything in order within 10 s with code 0, and the next start finds its data', async () => {
  await using folder = await tempDir('sluice-data-');
  const dataDir = join(folder.path, 'data');
  const first = await startSluice({ dataDir });
  const row = await rowOf(first, await first.post('/v1/chat/completions', HELLO));
  const pids = pidsOf(first);
  const startedMs = performance.now();
  first.launcher.signal('SIGINT');
  first.launcher.signal('SIGINT');
  expect(await first.launcher.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(pids.filter((pid) => processIdentity(pid) !== undefined)).toEqual([]);
  expect(existsSync(join(dataDir, 'start.json'))).toBe(false);

  await using second = await startSluice({ dataDir });
  expect(second.apiKey).toBe(first.apiKey);
  const again = await second.query('select event_id from request_log where event_id = $1', [row['event_id']]);
  expect(again).toEqual([{ event_id: row['event_id'] }]);
});

it('after kill -9 of the launcher its services end by themselves, and the next start reaps the rest', async () => {
  await using folder = await tempDir('sluice-data-');
  const dataDir = join(folder.path, 'data');
  const first = await startSluice({ dataDir });
  const before = JSON.parse(readFileSync(join(dataDir, 'start.json'), 'utf8')) as StartFile;
  const identities = pidsOf(before).map((pid) => [pid, processIdentity(pid)] as const);
  first.launcher.signal('SIGKILL');
  await first.launcher.ended;
  await using second = await startSluice({ dataDir });
  const alive = identities.filter(
    ([pid, identity]) => identity !== undefined && processIdentity(pid) === identity,
  );
  expect(alive).toEqual([]);
  expect(await rowOf(second, await second.post('/v1/chat/completions', HELLO))).toMatchObject({
    status: 200,
  });
});

it('four edges share one system: each answers, and all their rows arrive', async () => {
  await using sluice = await startSluice({ edges: 4 });
  expect(sluice.edgeUrls).toHaveLength(4);
  const answers = await Promise.all(
    sluice.edgeUrls.map((url) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sluice.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(HELLO),
      }),
    ),
  );
  const rows = await Promise.all(answers.map((answer) => rowOf(sluice, answer)));
  expect(new Set(rows.map((row) => row['spool_id'])).size).toBe(4);
});
