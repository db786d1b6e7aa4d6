import { Registry } from 'prom-client';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { testConfigFile, type TestConfigFile } from '../__fixtures__/test-config-file.js';
import { ConfigHolder } from '../control/config-holder.js';
import { readConfigAtStart } from '../control/load-first-config.js';
import { openReloads } from '../control/open-reloads.js';
import type { EdgeWorkers } from './edge-workers.js';
import { FleetReloader } from './fleet-reloader.js';
import type { ConfigEdition } from './worker-protocol.js';

const ACTOR = { kind: 'operator', name: 'SIGHUP' } as const;
const text = (model: string): string =>
  `providers: { a: { type: openai, apiKey: provider-key-0123 } }\nmodels: { m: { routes: [{ provider: a, model: ${model} }] } }\n`;

type Answer = { readonly ok: true; readonly answer: null } | { readonly ok: false; readonly reason: string };
const YES: Answer = { ok: true, answer: null };

/** A primary over a file, with workers that answer as they are told. */
function fleetOver(file: TestConfigFile, answers: Partial<Record<string, readonly Answer[]>> = {}) {
  const log = pino({ level: 'silent' });
  const load = { registerSecrets: () => undefined, nowMs: 0 };
  const config = readConfigAtStart(file.source, { dataDir: file.dir, ...load });
  const holder = new ConfigHolder(config.first.generation);
  const { reloader } = openReloads({
    ...config,
    ...load,
    registry: new Registry(),
    audit: null,
    instance: 'edge-test',
    log,
    mask: (said) => said,
    current: () => holder.current,
    use: (generation) => holder.swap(generation),
    now: () => 0,
  });
  const killed: number[] = [];
  const asked: string[] = [];
  const slots = [1, 2].map((number) => ({ number, worker: { kill: () => killed.push(number) } }));
  const askAll = (kind: string): Promise<readonly unknown[]> => {
    asked.push(kind);
    const given = answers[kind] ?? [YES, YES];
    return Promise.resolve(given.map((answer, index) => ({ worker: index + 1, ...answer })));
  };
  // All that a reload needs of them.
  const workers = { slots, askAll } as unknown as EdgeWorkers;
  const fleet = new FleetReloader({
    source: file.source,
    reloader,
    workers,
    firstText: config.first.text,
    log,
  });
  const versionOf = ({ text: current }: ConfigEdition): string => current;
  return { fleet, holder, killed, asked, inUse: () => versionOf(fleet.current) };
}

test('every worker makes it ready before any puts it to use, and the primary is the last', async () => {
  await using file = await testConfigFile(text('x'));
  const { fleet, asked, holder, inUse } = fleetOver(file);
  file.write(text('y'));
  const report = await fleet.reload(ACTOR);
  expect(asked).toEqual(['config.prepare', 'config.commit']);
  expect(report).toMatchObject({ ok: true, version: holder.current.config.version });
  expect(inUse()).toBe(text('y'));
});

test('a worker that cannot take it keeps all at the old config, and is named with its reason', async () => {
  await using file = await testConfigFile(text('x'));
  const no: Answer = { ok: false, reason: 'out of files' };
  const { fleet, asked, holder, inUse, killed } = fleetOver(file, { 'config.prepare': [YES, no] });
  const { version } = holder.current.config;
  file.write(text('y'));
  expect(await fleet.reload(ACTOR)).toEqual({
    ok: false,
    version,
    problems: ['worker 2 cannot take it: out of files'],
  });
  expect([asked, killed, inUse()]).toEqual([['config.prepare'], [], text('x')]);
  expect(holder.current.config.version).toBe(version);
});

test('a worker that said yes and did not swap does not go on with the old config', async () => {
  await using file = await testConfigFile(text('x'));
  const late: Answer = { ok: false, reason: 'no answer' };
  const { fleet, killed, inUse } = fleetOver(file, { 'config.commit': [late, YES] });
  file.write(text('y'));
  expect(await fleet.reload(ACTOR)).toMatchObject({ ok: true });
  expect(killed).toEqual([1]);
  // What follows it starts with the new one.
  expect(inUse()).toBe(text('y'));
});

test('a broken file is told to no worker', async () => {
  await using file = await testConfigFile(text('x'));
  const { fleet, asked, inUse } = fleetOver(file);
  file.write('models: 3');
  expect((await fleet.reload(ACTOR)).ok).toBe(false);
  expect([asked, inUse()]).toEqual([[], text('x')]);
});

test('two reloads at once come one after the other', async () => {
  await using file = await testConfigFile(text('x'));
  const { fleet, asked } = fleetOver(file);
  file.write(text('y'));
  await Promise.all([fleet.reload(ACTOR), fleet.reload(ACTOR)]);
  expect(asked).toEqual(['config.prepare', 'config.commit', 'config.prepare', 'config.commit']);
  expect(fleet.current.edition).toBe(2);
});
