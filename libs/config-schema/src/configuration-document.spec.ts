// docs/configuration.md against the schema: its example is right, and shows every setting there is.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configOf } from './__fixtures__/load-text.js';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const FULL = readFileSync(new URL('../src/__fixtures__/full.yaml', import.meta.url), 'utf8');
const options = {
  env: { OPENAI_API_KEY: 'k', CI_KEY: 'ci-key-0123456789-abcdefgh' },
  readFile: () => 'anthropic-key',
};

test('the example is a right config', () => {
  expect(configOf(example, options).models.size).toBe(3);
});

test('the example shows every setting', () => {
  const shown = new Set(settingsOf(parse(example)));
  expect(settingsOf(parse(FULL)).filter((setting) => !shown.has(setting))).toEqual([]);
});

test('what the example calls defaults are the defaults', () => {
  const shown = configOf(example, options);
  const bare = configOf(
    'providers: { a: { type: openai, apiKey: k } }\nmodels: { m: { routes: [{ provider: a, model: m }] } }\n',
  );
  // Those two have no default.
  expect({ ...shown.server, cors: undefined, maxConcurrency: undefined }).toEqual(bare.server);
  const sections = [
    'retry',
    'circuitBreaker',
    'timeouts',
    'keySyncMaxStaleMs',
    'debug',
    'retention',
  ] as const;
  for (const section of sections) expect([section, shown[section]]).toEqual([section, bare[section]]);
});

/** Paths of all settings, `*` for names and indices. */
function settingsOf(value: unknown, path: readonly string[] = []): string[] {
  if (Array.isArray(value)) {
    const isOfParts = value.length > 0 && value.every((item) => typeof item === 'object');
    return isOfParts ? value.flatMap((item) => settingsOf(item, [...path, '*'])) : [path.join('.')];
  }
  if (typeof value !== 'object' || value === null) return [path.join('.')];
  // Names of the operator's, not settings.
  const isNamed =
    (path.length === 1 && ['providers', 'models', 'aliases', 'prices', 'teams'].includes(path[0]!)) ||
    path.at(-1) === 'headers';
  const found = Object.entries(value).flatMap(([name, part]) =>
    settingsOf(part, [...path, isNamed ? '*' : name]),
  );
  return [...new Set(found)];
}
