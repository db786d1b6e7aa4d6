import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@sluice/testing';
import type { ConfigGeneration } from '../control/config-generation.js';
import { loadConfig } from '../control/load-config.js';

/** A key for every model. */
export const KEY = 'sk-test-all-models-0123456789';
/** A key for the model `m` only. */
export const NARROW_KEY = 'sk-test-model-m-0123456789-ab';

/** A generation as a file with these sections makes it; the two test keys are added when there are none. */
export async function makeTestGeneration(sections: object): Promise<ConfigGeneration> {
  await using dir = await tempDir();
  const path = join(dir.path, 'sluice.yaml');
  const keys = [
    { name: 'all', key: KEY },
    { name: 'narrow', key: NARROW_KEY, models: ['m'] },
  ];
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ keys, ...sections }));
  return loadConfig({
    path,
    env: {},
    launchKeyFile: undefined,
    registerSecrets: () => undefined,
    nowMs: Date.now(),
  }).generation;
}

/** One model `m` whose routes are these providers, in this order. */
export function modelOver(
  providers: readonly { readonly baseUrl: string }[],
  more: { readonly model?: object; readonly sections?: object; readonly provider?: object } = {},
): object {
  const named = providers.map((provider, index) => [`p${index + 1}`, provider.baseUrl] as const);
  return {
    providers: Object.fromEntries(
      named.map(([name, baseUrl]) => [
        name,
        {
          type: 'openai-compatible',
          baseUrl,
          apiKey: `provider-secret-of-${name}`,
          allowPrivateNetwork: true,
          ...more.provider,
        },
      ]),
    ),
    models: {
      m: {
        routes: named.map(([provider]) => ({
          provider,
          model: `upstream-${provider}`,
          price: { input: 1, output: 2 },
        })),
        ...more.model,
      },
      other: { routes: [{ provider: 'p1', model: 'other' }] },
    },
    ...more.sections,
  };
}
