import { readFileSync } from 'node:fs';
import { type GatewayConfig, loadGatewayConfig } from '@sluice/config-schema';
import { describe, expect, test } from 'vitest';
import { diffConfigs } from './diff-configs.js';

const FULL = readFileSync(
  new URL('../../../../libs/config-schema/src/__fixtures__/full.yaml', import.meta.url),
  'utf8',
);
const SECRETS = ['main-key-0123456789', 'lab-key-0123456789', 'nightly-0123456789-abcdefgh'];

function configOf(text: string, env: Readonly<Record<string, string>> = { MAIN_KEY: SECRETS[0]! }) {
  const result = loadGatewayConfig(text, { fileName: 'sluice.yaml', env, readFile: () => SECRETS[1]! });
  if (!result.ok)
    throw new Error(result.problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
  return result.config;
}

const diff = (change: (text: string) => string) => {
  const changed = change(FULL);
  if (changed === FULL) throw new Error('the text was not changed');
  return diffConfigs(configOf(FULL), configOf(changed)).map(
    ({ path, kind, before, after }) => [path, kind, before, after] as const,
  );
};

test('a file against itself has no differences', () => {
  expect(diffConfigs(configOf(FULL), configOf(FULL))).toEqual([]);
});

test('words, comments and written defaults are no differences', () => {
  expect(diff((text) => `# a comment\n${text.replace('weight: 3', 'weight: 3.0')}`)).toEqual([]);
  expect(
    diff((text) =>
      text.replace(
        '- { provider: lab, model: open-large }',
        '- { provider: lab, model: open-large, weight: 1 }',
      ),
    ),
  ).toEqual([]);
});

test.each([
  ['a duration', 'idle: 30s', 'idle: 90s', ['timeouts.idle', 'changed', '"30s"', '"90s"']],
  [
    'a duration of a model',
    'total: 5m }',
    'total: 90s }',
    ['models.large.timeouts.total', 'changed', '"5m"', '"90s"'],
  ],
  ['a size', 'maxRequestBodyMb: 4', 'maxRequestBodyMb: 5', ['server.maxRequestBodyMb', 'changed', '4', '5']],
  [
    'a size inside a section',
    'maxSizeMb: 64',
    'maxSizeMb: 65',
    ['debug.retention.maxSizeMb', 'changed', '64', '65'],
  ],
  ['a weight', 'weight: 3', 'weight: 4', ['models.large.routes[0].weight', 'changed', '3', '4']],
  [
    'a list',
    'fallbacks: [quick]',
    'fallbacks: [quick, long]',
    ['models.large.fallbacks', 'changed', '["quick"]', '["quick","long"]'],
  ],
  [
    'a setting that is not set any more',
    '    contextWindow: 64000\n',
    '',
    ['models.large.contextWindow', 'removed', '64000', null],
  ],
  ['an alias', 'default: best,', 'default: quick,', ['aliases.default', 'changed', '"large"', '"quick"']],
  [
    'the end of a key',
    '2027-06-30T12:00:00+02:00',
    '2027-06-30T12:00:00Z',
    ['keys.nightly.expiresAt', 'changed', '"2027-06-30T10:00:00.000Z"', '"2027-06-30T12:00:00.000Z"'],
  ],
  [
    'a cache',
    'cache: { ttl: 1d }',
    'cache: { ttl: 0s }',
    ['models.large.cache.ttl', 'changed', '"1d"', '"0ms"'],
  ],
  [
    'an address',
    '10.1.2.3',
    '10.1.2.4',
    ['providers.lab.baseUrl', 'changed', '"http://10.1.2.3:8000/v1"', '"http://10.1.2.4:8000/v1"'],
  ],
] as const)('%s is told in the words of the file', (_, from, to, change) => {
  expect(diff((text) => text.replace(from, to))).toEqual([change]);
});

test('a new entry and one that is gone are one difference each', () => {
  const changes = diff((text) =>
    text
      .replace('  quick: {', '  swift: { routes: [{ provider: lab, model: s }] }\n  quick: {')
      .replace(/ {2}4: .*\n/, ''),
  );
  expect(changes.map(([path, kind]) => [path, kind])).toEqual([
    ['models.swift', 'added'],
    ['models.4', 'removed'],
  ]);
  expect(JSON.parse(changes[0]![3]!)).toMatchObject({
    strategy: 'priority',
    routes: [{ provider: 'lab', model: 's', weight: 1 }],
    timeouts: {},
  });
});

describe('secrets', () => {
  test('that changed are named, and masked on both sides', () => {
    const before = configOf(FULL);
    const after = configOf(FULL, { MAIN_KEY: 'other-key-0123456789', NIGHTLY_KEY: 'n'.repeat(30) });
    expect(diffConfigs(before, after).map(({ path, before: old, after: now }) => [path, old, now])).toEqual([
      ['providers.main.apiKey', '"[masked]"', '"[masked]"'],
      ['keys.nightly.key', '"[masked]"', '"[masked]"'],
    ]);
  });

  test('and values of any header of a provider are masked, in new entries too', () => {
    const said = JSON.stringify([
      diffConfigs(
        configOf(
          FULL.replaceAll('main', 'other')
            .replaceAll('lab', 'bench')
            .replace('nightly\n', 'daily\n')
            .replace('research }', 'secret-of-a-header }'),
        ),
        configOf(FULL),
      ),
      diffConfigs(configOf(FULL), configOf(FULL.replace('X-Unit: research', 'X-Unit: secret-of-a-header'))),
    ]);
    expect(said).toContain('providers.lab');
    expect(said).toContain('keys.nightly');
    expect(said).toContain('headers.x-unit');
    for (const secret of [...SECRETS, 'secret-of-a-header']) expect(said).not.toContain(secret);
  });
});

test('a difference anywhere in the config is told', () => {
  const before = configOf(FULL);
  for (const path of leavesOf(before)) {
    const after = changedAt(before, path);
    const changes = diffConfigs(before, after);
    if (path[0] === 'version') expect(changes).toEqual([]);
    else expect([path.join('.'), changes.length > 0]).toEqual([path.join('.'), true]);
  }
});

test('a value of any length is cut', () => {
  const many = Array.from({ length: 500 }, (_, index) => `"https://app-${index}.example.com"`).join(', ');
  const [change] = diff((text) => text.replace('"https://chat.example.org"', many));
  expect(change?.[0]).toBe('server.cors.origins');
  expect(change?.[3]).toHaveLength(500);
});

type Path = readonly (string | number)[];
const isLeaf = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || value instanceof Date;

/** Where each value of the config stands; names of entries stand twice, so only their place counts. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (isLeaf(value)) return value === undefined || path.at(-1) === 'name' ? [] : [path];
  const entries =
    value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value as object);
  return entries.flatMap(([name, part]) => leavesOf(part, [...path, name]));
}

function changedAt(config: GatewayConfig, path: Path): GatewayConfig {
  const change = (value: unknown, rest: Path): unknown => {
    const [name, ...deeper] = rest;
    if (name === undefined)
      return typeof value === 'number' ? value + 60_000 : value instanceof Date ? new Date(0) : 'changed';
    if (value instanceof Map) {
      const copy = new Map(value as Map<string, unknown>);
      return copy.set(String(name), change(copy.get(String(name)), deeper));
    }
    if (Array.isArray(value))
      return value.map((item: unknown, index) => (String(index) === name ? change(item, deeper) : item));
    const fields = value as Readonly<Record<string, unknown>>;
    return { ...fields, [name]: change(fields[name], deeper) };
  };
  return change(config, path) as GatewayConfig;
}
