// The checks on a running installation, in their order. Each proves one thing and says what it saw.
import { setTimeout as delay } from 'node:timers/promises';
import { ONE_SHOTS } from './compose-file.js';
import { readAsAdmin } from './gateway-calls.js';
import {
  answered,
  containersOf,
  EDGE_PORT,
  everyRequestIsARow,
  must,
  query,
  type VerifyRun,
} from './verify-run.js';

/** One check. @throws Error that says what is not so */
export type VerifyStep = (run: VerifyRun) => Promise<void>;

const ADMIN_PORT = 8090;
const RECOVERY_TIMEOUT_MS = 90_000;
const POLL_MS = 250;
const MIB = 1024 * 1024;

const startsFromNothing: VerifyStep = async (run) => {
  const ms = await run.project.up();
  const printed = await run.project.compose(['logs', '--no-color', 'secrets']);
  const apiKey = /sk-slc-[0-9A-Za-z]{8}-[0-9A-Za-z]{38}/.exec(printed)?.[0];
  const adminPassword = /user admin:\s+(\S+)/.exec(printed)?.[1];
  must(apiKey !== undefined && adminPassword !== undefined, '`secrets` printed no key or no password');
  run.credentials = { apiKey, adminPassword };
  const lasting = (await run.project.containers()).filter(({ service }) => !ONE_SHOTS.includes(service));
  run.prove(`first start, empty volumes: ${lasting.length} containers healthy after ${seconds(ms)}`);
};

const answersAndRecords: VerifyStep = async (run) => {
  await answered(run);
  const stream = await answered(run, { stream: true });
  must(stream.text.trimEnd().endsWith('data: [DONE]'), 'the stream did not end with [DONE]');
  await everyRequestIsARow(run);
  await until(
    'minute roll-ups',
    async () => Number(await query(run, 'select count(*) from metric_minute')) > 0,
  );
  await until('a line in the export files', async () => {
    const lines = await run.project.exec('export', [
      'sh',
      '-c',
      'cat /var/lib/sluice/exports/*.jsonl* | wc -l',
    ]);
    return Number(lines) >= run.answered.length;
  });
  run.prove('a plain and a streamed answer through the edge; both in request_log, roll-ups and export files');
};

const servesTheDashboard: VerifyStep = async (run) => {
  const port = (await containersOf(run, 'admin-api'))[0]?.port(ADMIN_PORT) ?? 0;
  const origin = `http://127.0.0.1:${port}`;
  const page = await fetch(origin);
  must(page.status === 200 && (await page.text()).includes('<html'), `the dashboard answers ${page.status}`);
  const list = JSON.stringify(await readAsAdmin(origin, run.credentials.adminPassword, '/api/requests'));
  must(list.includes(run.answered[0] ?? 'none'), 'the request list does not show the first request');
  run.prove('the dashboard is served; its sign-in opens a session that sees the requests');
};

const runsAsNobodySpecial: VerifyStep = async (run) => {
  const lasting = (await run.project.containers()).filter(({ service }) => !ONE_SHOTS.includes(service));
  let processes = 0;
  for (const { id, name } of lasting) {
    const uids = (await run.project.docker(['top', id, '-eo', 'uid,pid'])).trim().split('\n').slice(1);
    must(uids.length > 0 && uids.every((line) => !/^\s*0\s/.test(line)), `${name} has a process of root`);
    processes += uids.length;
  }
  const refused = await run.project
    .exec('edge-proxy', ['sh', '-c', 'touch /app/x 2>/dev/null || echo no'])
    .then((text) => text.trim());
  must(refused === 'no', 'the edge can write to its own program');
  run.prove(`${processes} processes, none of root; no program can be written to`);
};

const showsNoSecret: VerifyStep = async (run) => {
  const secrets = await readSecrets(run);
  const containers = await run.project.containers();
  const inspected = await run.project.docker(['inspect', ...containers.map(({ id }) => id)]);
  const image = await run.project.docker(['image', 'history', '--no-trunc', 'sluice:local']);
  const logs = await Promise.all(
    containers.map(
      async ({ service }) => [service, await run.project.compose(['logs', '--no-color', service])] as const,
    ),
  );
  for (const [name, value] of secrets) {
    must(!inspected.includes(value) && !image.includes(value), `docker inspect or the image shows ${name}`);
    for (const [service, text] of logs) {
      const times = text.split(value).length - 1;
      const isThePrint = service === 'secrets' && ['launch-key', 'admin-password'].includes(name);
      // Only the container of the first start has printed anything; down and up have replaced it.
      must(times <= (isThePrint ? 1 : 0), `the log of ${service} shows ${name} ${times} times`);
    }
  }
  run.prove(
    `${secrets.length} secrets: in no log, variable or layer but for the one print of two by \`secrets\``,
  );
};

const scales: VerifyStep = async (run) => {
  const ms = await run.project.up(['--scale', 'edge-proxy=3', '--no-recreate']);
  const ports = (await containersOf(run, 'edge-proxy')).map((edge) => edge.port(EDGE_PORT));
  must(new Set(ports).size === 3, `three edges should have three ports, not ${ports.join()}`);
  for (const port of ports) await answered(run, { port });
  await everyRequestIsARow(run);
  const ids = run.answered.slice(-3).map((id) => `'${id}'`);
  const instances = await query(
    run,
    `select count(distinct instance) from request_log where request_id in (${ids.join()})`,
  );
  must(instances === '3', `three edges' requests carry ${instances} instance names`);
  run.prove(
    `--scale edge-proxy=3: all healthy after ${seconds(ms)}, ports ${ports.sort().join(' ')}, each takes traffic`,
  );
  await run.project.up(['--scale', 'edge-proxy=1', '--no-recreate']);
};

/** kill -9 of everything in a container, from inside: what a crash is. */
const comesBackAfterKills: VerifyStep = async (run) => {
  const services = [...new Set((await run.project.containers()).map(({ service }) => service))];
  const times: string[] = [];
  for (const service of services.filter((name) => !ONE_SHOTS.includes(name)).sort()) {
    const before = (await containersOf(run, service))[0]?.startedAt;
    const killedMs = performance.now();
    // The connection of the command dies with the container.
    await run.project.exec(service, ['sh', '-c', 'kill -9 -1']).catch(() => undefined);
    await until(
      `a new start of ${service}`,
      async () => (await containersOf(run, service))[0]?.startedAt !== before,
    );
    await run.project.waitUntilWell(RECOVERY_TIMEOUT_MS);
    await answered(run);
    times.push(`${service} ${seconds(performance.now() - killedMs)}`);
  }
  await everyRequestIsARow(run);
  run.prove(
    `kill -9 of each, started again by the engine, healthy and answering after: ${times.join(', ')}; no row missing`,
  );
};

const comesBackAfterComposeKill: VerifyStep = async (run) => {
  await run.project.compose(['kill', 'nats', 'postgres', 'redis', 'logger']);
  await answered(run);
  const ms = await run.project.up();
  await everyRequestIsARow(run);
  run.prove(
    `docker compose kill of nats, postgres, redis and logger: the edge answers meanwhile; \`up\` has all healthy after ${seconds(ms)}, no row missing`,
  );
};

const keepsItsData: VerifyStep = async (run) => {
  const rows = await query(run, 'select count(*) from request_log');
  await run.project.down();
  const ms = await run.project.up();
  must((await query(run, 'select count(*) from request_log')) === rows, 'rows are gone after down and up');
  const said = await run.project.compose(['logs', '--no-color', 'secrets']);
  must(said.includes('every secret was there already'), '`secrets` made something anew');
  await answered(run);
  await everyRequestIsARow(run);
  run.prove(`down and up: healthy after ${seconds(ms)}, ${rows} rows, key and password as before`);
};

const isSmall: VerifyStep = async (run) => {
  const size = async (image: string): Promise<number> =>
    Number(await run.project.docker(['image', 'inspect', '--format', '{{.Size}}', image])) / MIB;
  const [ours, base] = [await size('sluice:local'), await size('node:24-bookworm-slim').catch(() => 0)];
  run.prove(`the image: ${ours.toFixed(0)} MiB, of which ${base.toFixed(0)} MiB are node:24-bookworm-slim`);
};

/** All, in their order. */
export const VERIFY_STEPS: readonly VerifyStep[] = [
  startsFromNothing,
  answersAndRecords,
  servesTheDashboard,
  runsAsNobodySpecial,
  showsNoSecret,
  scales,
  comesBackAfterKills,
  comesBackAfterComposeKill,
  keepsItsData,
  showsNoSecret,
  isSmall,
];

async function readSecrets(run: VerifyRun): Promise<(readonly [string, string])[]> {
  const script = 'cd /secrets/all && for f in *; do echo "$f $(cat "$f")"; done';
  const text = await run.project.compose([
    'run',
    '--rm',
    '--no-deps',
    '-T',
    '--entrypoint',
    'sh',
    'secrets',
    '-c',
    script,
  ]);
  const found = text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const match = /^([a-z-]+) (\S{8,})$/.exec(line.trim());
      return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
    });
  must(found.length >= 10, `only ${found.length} secrets were found in the volume`);
  return found;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + RECOVERY_TIMEOUT_MS;
  while (!(await isSo().catch(() => false))) {
    must(performance.now() < deadline, `${what}: not within ${RECOVERY_TIMEOUT_MS / 1000} s`);
    await delay(POLL_MS);
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
