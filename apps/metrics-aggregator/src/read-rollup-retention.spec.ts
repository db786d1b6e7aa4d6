import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { readRollupRetention } from './read-rollup-retention.js';

const DAY_MS = 86_400_000;

async function retentionOf(text: string): Promise<ReturnType<typeof readRollupRetention>> {
  await using dir = await tempDir();
  const path = join(dir.path, 'sluice.yaml');
  writeFileSync(path, text);
  return readRollupRetention({ SLUICE_CONFIG: path }, '/');
}

const PROVIDERS = `providers: { demo: { type: openai-compatible, baseUrl: "https://demo.example", apiKey: "\${NOT_SET}" } }
models: { m: { routes: [{ provider: demo, model: m }] } }
`;

describe('readRollupRetention', () => {
  it('is that of the config file, whose secrets need not be known here', async () => {
    expect(await retentionOf(`${PROVIDERS}retention: { rollups: 60d }`)).toEqual({
      kind: 'known',
      keepMs: 60 * DAY_MS,
    });
  });

  it('is 400 days without a file', () => {
    expect(readRollupRetention({}, '/nowhere')).toEqual({ kind: 'known', keepMs: 400 * DAY_MS });
  });

  it.each(['retention: { rollups: soon }', '{', ''])(
    'is unknown with the file %j: nothing goes',
    async (text) => {
      expect(await retentionOf(text)).toMatchObject({
        kind: 'unknown',
        problem: expect.stringContaining('sluice.yaml') as unknown,
      });
    },
  );
});
