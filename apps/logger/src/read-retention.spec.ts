import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { readRetention } from './read-retention.js';

const MODELS = `
providers: { local: { type: openai-compatible, baseUrl: "https://provider.example/v1", apiKey: "\${NOT_SET_HERE}" } }
models: { m: { routes: [{ provider: local, model: m }] } }
`;

async function withFile(text: string) {
  const folder = await tempDir();
  const path = join(folder.path, 'sluice.yaml');
  writeFileSync(path, text);
  return { folder, path };
}

describe('readRetention', () => {
  it('is 30 days where no config file is', async () => {
    await using folder = await tempDir();
    expect(readRetention({}, folder.path)).toEqual({ requestDays: 30, mayDrop: true });
  });

  it("is the file's, in whole days rounded up, without the secrets that only edges need", async () => {
    const { folder, path } = await withFile(`${MODELS}retention: { requests: 36h }\n`);
    expect(readRetention({ SLUICE_CONFIG: path }, '/')).toEqual({ requestDays: 2, mayDrop: true });
    expect(readRetention({}, folder.path)).toEqual({ requestDays: 2, mayDrop: true });
    await folder.remove();
  });

  it('with a file that is wrong or missing nothing is dropped, and the problem is told', async () => {
    const { folder, path } = await withFile(`${MODELS}retention: { requsts: 36h }\n`);
    const retention = readRetention({ SLUICE_CONFIG: path }, '/');
    expect(retention).toMatchObject({ requestDays: 30, mayDrop: false });
    expect(retention.problem).toContain('requsts');
    await folder.remove();
    expect(readRetention({ SLUICE_CONFIG: path }, '/')).toMatchObject({ mayDrop: false });
  });
});
