// `npm start` as a whole: children that die come back, everything stops in order, what a kill leaves is reaped.
import { join } from 'node:path';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { processIdentity } from '@sluice/private-services';
import { tempDir, waitFor } from '@sluice/testing';
import { expect, it } from 'vitest';
import { type Sluice, type StartFile, startSluice } from './harness/start-sluice.js';

/** Contract: the file names a new pid within 500 ms of the child's restart, which waits 100 ms to 2 s. */
const BACK_TIMEOUT_MS = 10_000;
const HELLO = { model: 'demo-fast', messages: [{ role: 'user', content: 'Hello' }] };

const pidsOf = (start: StartFile): number[] => Object.values(start.pids).flat();
const pidOf = (start: StartFile, name: string): number => [start.pids[name] ?? 0].flat()[0] ?? 0;

async function signIn({ adminUrl, adminUser, adminPassword }: StartFile): Promise<number> {
  const response = await fetch(`${adminUrl}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: adminUrl },
    body: JSON.stringify({ user: adminUser, password: adminPassword }),
  });
  return response.status;
}

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

/** Every process of the system but the launcher: the contract's names. */
const CHILDREN = [
  ...['nats', 'redis', 'postgres', 'logger', 'metrics-aggregator', 'export', 'admin-api', 'demo-provider'],
  'edge-proxy',
];
const ORIGIN = /^http:\/\/127\.0\.0\.1:\d+$/;

it('the start file holds all that the contract names, for its owner only, and every service it names is ready', async () => {
  await using sluice = await startSluice({ edges: 2, env: { SLUICE_ADMIN_PASSWORD: 'correct horse' } });
  const file = join(sluice.dataDir, 'start.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const start = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect(Object.keys(start).sort()).toEqual([
    ...['adminPassword', 'adminUrl', 'adminUser', 'apiKey', 'databaseUrl', 'edgeUrl', 'edgeUrls', 'natsUrl'],
    ...['opsUrls', 'pids', 'redisUrl'],
  ]);
  expect(start).toMatchObject({
    adminUser: 'admin',
    adminPassword: 'correct horse',
    edgeUrl: sluice.edgeUrls[0],
  });
  expect([start['adminUrl'], ...sluice.edgeUrls].every((url) => ORIGIN.test(String(url)))).toBe(true);
  expect(Object.keys(sluice.pids).sort()).toEqual([...CHILDREN].sort());
  expect(pidsOf(sluice).every((pid) => processIdentity(pid) !== undefined)).toBe(true);
  expect(sluice.pids['edge-proxy']).toHaveLength(2);
  const services = CHILDREN.filter((name) => !['nats', 'redis', 'postgres'].includes(name));
  expect(Object.keys(sluice.opsUrls).sort()).toEqual(services.sort());
  const answers = await Promise.all(
    Object.values(sluice.opsUrls)
      .flat()
      .map(async (url) => (await fetch(`${url}/readyz`)).status),
  );
  expect(answers).toEqual(answers.map(() => 200));
  // What only the operator knows is on no screen and in no log.
  expect(sluice.launcher.output).not.toContain('correct horse');
});

it("the dashboard's password is made and shown once, opens a session, and is the same after a restart", async () => {
  await using folder = await tempDir('sluice-data-');
  const dataDir = join(folder.path, 'data');
  const first = await startSluice({ dataDir });
  expect(first.launcher.output).toContain(`sign in as admin, password ${first.adminPassword}`);
  expect(await signIn(first)).toBe(200);
  await first.stop({ keepData: true });
  await using second = await startSluice({ dataDir });
  expect(second.adminPassword).toBe(first.adminPassword);
  expect(second.launcher.output).not.toContain(second.adminPassword);
  expect(await signIn(second)).toBe(200);
  expect(await signIn({ ...second, adminPassword: 'guess guess' })).toBe(401);
});

it.each(CHILDREN)(
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
