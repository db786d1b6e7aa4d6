import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { load, SMALLEST } from './__fixtures__/load-text.js';
import { NOT_BUILT_YET } from './not-built-yet.js';

const FULL = readFileSync(new URL('../src/__fixtures__/full.yaml', import.meta.url), 'utf8').replace(
  'enforce: false',
  'enforce: true',
);

function warningsOf(text: string) {
  const result = load(text, { env: { MAIN_KEY: 'k' }, readFile: () => 'lab-key' });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.warnings;
}

describe('settings without effect', () => {
  it('are each warned of when a file sets them', () => {
    const warned = warningsOf(FULL).map(({ message }) => message);
    for (const { path, sentence } of NOT_BUILT_YET) {
      const name = JSON.stringify(path.at(-1));
      expect(warned).toContain(`${name} is read but has no effect in this version: ${sentence}`);
    }
  });

  it('are named at their key, once for each place', () => {
    const text = `${SMALLEST}keys:\n  - { name: a, key: key-0123456789-abcdefghij, maxTokens: 5 }\n  - { name: b, key: key-0123456789-abcdefghik, maxTokens: 5 }\n`;
    expect(warningsOf(text).map(({ path, line, column }) => [path, line, column])).toEqual([
      ['keys[0].maxTokens', 4, 48],
      ['keys[1].maxTokens', 5, 48],
    ]);
  });

  it('written as what happens anyway are not warned of', () => {
    const text = SMALLEST.replace('gpt-4o: {', 'gpt-4o: { strategy: priority, singleFlight: false,');
    expect(warningsOf(text)).toEqual([]);
  });

  it('leave alone what has an effect', () => {
    const text = `${SMALLEST}aliases: { a: gpt-4o }\nretry: { maxAttempts: 2 }\ntimeouts: { idle: 5s }\nprices: { gpt-4o: { input: 1, output: 1 } }\nretention: { requests: 3d, rollups: 60d }\nkeys: [{ name: k, key: key-0123456789-abcdefghij, models: [a], expiresAt: 2030-01-01 }]`;
    expect(warningsOf(text)).toEqual([]);
  });
});
