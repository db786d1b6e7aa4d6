import { auditRecordedSchema, cloudEventSchema } from '@sluice/contracts';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { testConfigFile, type TestConfigFile } from '../__fixtures__/test-config-file.js';
import { ConfigHolder } from './config-holder.js';
import { toReloadReply } from './config-reloader.js';
import { LastGoodCopy } from './last-good-copy.js';
import { loadFirstConfig } from './load-first-config.js';
import { openReloads } from './open-reloads.js';

const text = (more = '', model = 'x'): string => `providers: { a: { type: openai, apiKey: "\${A_KEY}" } }
models: { m: { routes: [{ provider: a, model: ${model} }] } }
${more}
`;
const BROKEN = text('timeouts: { idle: -1s }');
const ACTOR = { kind: 'operator', name: 'SIGHUP' } as const;

/** All that a process has, over one file. */
function openOver(file: TestConfigFile, env: Record<string, string> = { A_KEY: 'provider-key-0123456789' }) {
  const source = { ...file.source, env };
  const registry = new Registry();
  const log: { level: string; message: string; facts: object }[] = [];
  const write = (level: string) => (facts: object, message: string) =>
    void log.push({ level, message, facts });
  const secrets = new Set<string>();
  const registerSecrets = (more: readonly string[]): void => more.forEach((secret) => secrets.add(secret));
  const lastGood = new LastGoodCopy({ dataDir: file.dir, configPath: source.path });
  const first = loadFirstConfig({ ...source, registerSecrets, nowMs: 0 }, lastGood);
  const holder = new ConfigHolder(first.generation);
  const audited: { subject: string; event: unknown }[] = [];
  const swapped: string[] = [];
  const { reloader, check } = openReloads({
    source,
    first,
    lastGood,
    registry,
    registerSecrets,
    current: () => holder.current,
    use: (generation) => {
      swapped.push(generation.config.version);
      holder.swap(generation);
    },
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    now: () => 1_700_000_000_000,
    instance: 'edge-test',
    mask: (said) => [...secrets].reduce((left, secret) => left.replaceAll(secret, '[masked]'), said),
    audit: {
      spoolId: '0192c0de-0000-7000-8000-000000000000',
      appendEvent: (_stream, { eventId, subject, toJson }) => {
        const event = cloudEventSchema.parse(JSON.parse(toJson(audited.length + 1)));
        expect(event.id).toBe(eventId);
        audited.push({ subject, event: auditRecordedSchema.strict().parse(event.data) });
      },
    },
  });
  const metric = async (name: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
  return { reloader, check, holder, log, secrets, lastGood, audited, swapped, metric, env };
}

test('a right file is swapped in at once; requests under way keep the config they began with', async () => {
  await using file = await testConfigFile(text());
  const { reloader, holder, lastGood, log } = openOver(file);
  const underWay = holder.current;
  file.write(text('', 'y'));
  const report = reloader.reload(ACTOR);
  expect(report).toMatchObject({
    ok: true,
    version: holder.current.config.version,
    changes: [{ path: 'models.m.routes[0].model', before: '"x"', after: '"y"' }],
    needRestart: [],
  });
  expect(holder.current.models.get('m')?.config.routes[0]?.model).toBe('y');
  expect(underWay.models.get('m')?.config.routes[0]?.model).toBe('x');
  expect(underWay.config.version).not.toBe(holder.current.config.version);
  expect(lastGood.read()).toBe(text('', 'y'));
  expect(log.at(-1)).toMatchObject({
    level: 'info',
    message: 'config reloaded',
    facts: { by: 'SIGHUP', changes: 1 },
  });
});

test('a broken file changes nothing: it is told, counted, and the copy stays', async () => {
  await using file = await testConfigFile(text());
  const { reloader, holder, log, lastGood, swapped, audited, metric } = openOver(file);
  const before = holder.current;
  file.write(BROKEN);
  const report = reloader.reload(ACTOR);
  expect(report).toEqual({
    ok: false,
    version: before.config.version,
    problems: [expect.stringMatching(/^sluice\.yaml:3:19 timeouts\.idle: .*negative/) as string],
  });
  expect(holder.current).toBe(before);
  expect(swapped).toEqual([]);
  expect(lastGood.read()).toBe(text());
  expect(audited).toHaveLength(1); // of the start
  expect(log.at(-1)).toMatchObject({ level: 'error', facts: { configVersion: before.config.version } });
  expect(await metric('sluice_edge_config_reloads_total')).toEqual([
    'sluice_edge_config_reloads_total{result="applied"} 0',
    'sluice_edge_config_reloads_total{result="refused"} 1',
  ]);
});

test('a file that is gone, or a variable that is, changes nothing', async () => {
  await using file = await testConfigFile(text());
  const { reloader, holder, env } = openOver(file);
  const before = holder.current;
  delete env['A_KEY'];
  expect(reloader.reload(ACTOR)).toMatchObject({ ok: false, problems: [expect.stringContaining('A_KEY')] });
  await file[Symbol.asyncDispose]();
  expect(reloader.reload(ACTOR)).toMatchObject({ ok: false, problems: [expect.stringContaining('ENOENT')] });
  expect(holder.current).toBe(before);
});

test('every load is an audit event that says what changed', async () => {
  await using file = await testConfigFile(text());
  const { reloader, audited, holder } = openOver(file);
  file.write(text('server: { port: 9999, maxRequestBodyMb: 3 }'));
  reloader.reload(ACTOR);
  expect(audited.map(({ subject }) => subject)).toEqual([
    'sluice.v1.audit.config.loaded',
    'sluice.v1.audit.config.reloaded',
  ]);
  expect(audited[1]?.event).toMatchObject({
    entity: 'config',
    verb: 'reloaded',
    actor: ACTOR,
    target: file.source.path,
    instance: 'edge-test',
    configVersion: holder.current.config.version,
    detail: 'server.port: only after a restart',
    changes: [
      { path: 'server.port', kind: 'changed', before: '8080', after: '9999' },
      { path: 'server.maxRequestBodyMb', kind: 'changed', before: '20', after: '3' },
    ],
    omittedChanges: 0,
  });
});

test('an event holds the first 200 changes and counts the rest', async () => {
  await using file = await testConfigFile(text());
  const { reloader, audited } = openOver(file);
  const prices = Array.from({ length: 250 }, (_, index) => `p${index}: { input: 1, output: 2 }`).join(', ');
  file.write(text(`prices: { ${prices} }`));
  expect(reloader.reload(ACTOR)).toMatchObject({ ok: true });
  const event = audited[1]?.event as { changes: unknown[]; omittedChanges: number };
  expect([event.changes.length, event.omittedChanges]).toEqual([200, 50]);
});

describe('a reload says so when', () => {
  test('nothing has changed', async () => {
    await using file = await testConfigFile(text());
    const { reloader } = openOver(file);
    expect(reloader.reload(ACTOR)).toMatchObject({ changes: [], detail: 'nothing has changed' });
  });

  test('only words changed', async () => {
    await using file = await testConfigFile(text());
    const { reloader, holder } = openOver(file);
    const before = holder.current.config.version;
    file.write(text('# a comment'));
    expect(reloader.reload(ACTOR)).toMatchObject({
      changes: [],
      detail: 'only words changed that have no effect',
    });
    expect(holder.current.config.version).not.toBe(before);
  });

  test('only values changed that the text refers to, which stay hidden, the old ones too', async () => {
    await using file = await testConfigFile(text());
    const { reloader, env, secrets, audited, log, holder } = openOver(file);
    const version = holder.current.config.version;
    env['A_KEY'] = 'other-key-9876543210';
    const report = reloader.reload(ACTOR);
    expect(report).toMatchObject({
      version,
      detail: 'the same text: only values that it refers to have changed',
      changes: [{ path: 'providers.a.apiKey', before: '"[masked]"', after: '"[masked]"' }],
    });
    expect([...secrets]).toEqual(['provider-key-0123456789', 'other-key-9876543210']);
    const said = JSON.stringify([report, audited, log]);
    for (const secret of secrets) expect(said).not.toContain(secret);
  });
});

test('new secrets are masked before the first word is said of the new config', async () => {
  await using file = await testConfigFile(text());
  const { reloader, secrets, env } = openOver(file);
  env['A_KEY'] = 'other-key-9876543210';
  const prepared = reloader.prepare(text());
  expect(secrets.has('other-key-9876543210')).toBe(true);
  expect(prepared.generation.config.providers.get('a')?.apiKey).toBe('other-key-9876543210');
});

test('preparing alone changes nothing for requests', async () => {
  await using file = await testConfigFile(text());
  const { reloader, holder, swapped } = openOver(file);
  const before = holder.current;
  const prepared = reloader.prepare(text('', 'y'));
  expect([holder.current, swapped]).toEqual([before, []]);
  expect(reloader.commit(prepared, ACTOR)).toMatchObject({
    ok: true,
    version: prepared.generation.config.version,
  });
  expect(holder.current).toBe(prepared.generation);
});

test('a copy that cannot be written is told and does not undo the reload', async () => {
  await using file = await testConfigFile(text());
  const { reloader, holder, log, lastGood } = openOver(file);
  lastGood.write = () => {
    throw new Error('disk full');
  };
  file.write(text('', 'y'));
  expect(reloader.reload(ACTOR)).toMatchObject({ ok: true });
  expect(holder.current.models.get('m')?.config.routes[0]?.model).toBe('y');
  expect(log.at(-1)).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('could not be written') as string,
  });
});

test('a start on the last good copy is an alarm until a right file is loaded', async () => {
  await using file = await testConfigFile(text());
  openOver(file);
  file.write(BROKEN);
  const { check, log, metric, reloader, holder, audited } = openOver(file);
  expect(holder.current.config.models.size).toBe(1);
  expect(check()).toMatchObject({ ok: false, detail: expect.stringContaining('last good copy') as string });
  expect(check().required).toBeUndefined();
  expect(log[0]).toMatchObject({
    level: 'error',
    facts: { problems: [expect.stringContaining('timeouts.idle')] },
  });
  expect(audited[0]?.event).toMatchObject({
    verb: 'loaded',
    detail: expect.stringContaining('broken') as string,
  });
  expect(await metric('sluice_edge_config_last_good_in_use')).toEqual([
    'sluice_edge_config_last_good_in_use 1',
  ]);
  expect(reloader.reload(ACTOR).ok).toBe(false);
  expect(check().ok).toBe(false);
  file.write(text('', 'y'));
  expect(reloader.reload(ACTOR).ok).toBe(true);
  expect(check()).toEqual({ ok: true });
  expect(await metric('sluice_edge_config_last_good_in_use')).toEqual([
    'sluice_edge_config_last_good_in_use 0',
  ]);
});

test('the answer over control names the version, the problems, and what waits for a restart', async () => {
  await using file = await testConfigFile(text());
  const { reloader, holder } = openOver(file);
  const { version } = holder.current.config;
  file.write(BROKEN);
  expect(toReloadReply(reloader.reload(ACTOR))).toEqual({
    ok: false,
    problems: [expect.stringContaining('timeouts.idle') as string],
    configVersion: version,
  });
  file.write(text('server: { workers: 2 }'));
  expect(toReloadReply(reloader.reload(ACTOR))).toEqual({
    ok: true,
    problems: ['server.workers changed: it acts only after a restart'],
    configVersion: holder.current.config.version,
  });
});
