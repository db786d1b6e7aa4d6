import { expect, test } from 'vitest';
import { testConfigFile, type TestConfigFile } from '../__fixtures__/test-config-file.js';
import { ConfigFileError } from './config-source.js';
import { LastGoodCopy } from './last-good-copy.js';
import { loadFirstConfig } from './load-first-config.js';

const text = (idle: string): string => `providers: { a: { type: openai, apiKey: "\${A_KEY}" } }
models: { m: { routes: [{ provider: a, model: x }] } }
timeouts: { idle: ${idle} }
`;
const BROKEN = 'providers: {}\nmodels: 3\n';
const ENV = { A_KEY: 'provider-key-0123456789' };

function loadOf(file: TestConfigFile, env: Readonly<Record<string, string>> = ENV) {
  const secrets: string[] = [];
  const lastGood = new LastGoodCopy({ dataDir: file.dir, configPath: file.source.path });
  const options = {
    ...file.source,
    env,
    nowMs: 0,
    registerSecrets: (more: readonly string[]) => secrets.push(...more),
  };
  return { lastGood, secrets, load: () => loadFirstConfig(options, lastGood) };
}

test('a right file is used and kept as the last good copy, with its references', async () => {
  await using file = await testConfigFile(text('5s'));
  const { load, lastGood, secrets } = loadOf(file);
  const first = load();
  expect(first.generation.config.timeouts.idleMs).toBe(5_000);
  expect([first.fileProblems, first.changes, first.copyError]).toEqual([null, [], null]);
  expect(lastGood.read()).toBe(text('5s'));
  expect(secrets).toEqual([ENV.A_KEY]);
});

test('the next start says what changed since', async () => {
  await using file = await testConfigFile(text('5s'));
  const { load } = loadOf(file);
  load();
  expect(load()).toMatchObject({ changes: [], detail: 'the same text as before' });
  file.write(text('7s'));
  expect(load()).toMatchObject({
    changes: [{ path: 'timeouts.idle', before: '"5s"', after: '"7s"' }],
    detail: null,
  });
});

test('a broken file is answered with the last good copy, its problems and an untouched copy', async () => {
  await using file = await testConfigFile(text('5s'));
  const { load, lastGood } = loadOf(file);
  const good = load();
  file.write(BROKEN);
  const stand = load();
  expect(stand.generation.config.version).toBe(good.generation.config.version);
  expect(stand.fileProblems).toEqual([
    expect.stringContaining('sluice.yaml:1:12 providers: ') as string,
    expect.stringContaining('sluice.yaml:2:9 models: ') as string,
  ]);
  expect(lastGood.read()).toBe(text('5s'));
});

test('a broken file without a copy, or with one that cannot be used any more, is refused with its own problems', async () => {
  await using file = await testConfigFile(BROKEN);
  expect(() => loadOf(file).load()).toThrow(ConfigFileError);
  file.write(text('5s'));
  loadOf(file).load();
  file.write(BROKEN);
  // The variable that the copy refers to is gone.
  expect(() => loadOf(file, {}).load()).toThrow(/has 2 mistakes/);
});

test('a copy that cannot be written does not keep an edge from starting', async () => {
  await using file = await testConfigFile(text('5s'));
  const lastGood = new LastGoodCopy({ dataDir: file.source.path, configPath: file.source.path });
  const options = { ...file.source, env: ENV, nowMs: 0, registerSecrets: () => undefined };
  const first = loadFirstConfig(options, lastGood);
  expect(first.copyError).toMatchObject({ code: 'ENOTDIR' });
  expect(first.generation.config.models.size).toBe(1);
});
