// A config file in many versions. The n-th one routes the model `m` to its own name of a model at one of two providers, so
// an event tells by its route which version it must have been.
import { createHash } from 'node:crypto';
import { EDGE_KEY, edgeConfig } from '../harness/edge-process.js';

/** One version of the file. */
export interface ConfigStep {
  readonly index: number;
  readonly text: string;
  /** As the edge tells it: the first 12 hex digits of the text's SHA-256. */
  readonly version: string;
  readonly provider: 'even' | 'odd';
  readonly providerModel: string;
}

/** @param baseUrls of the two providers */
export function configStep(
  index: number,
  baseUrls: { readonly even: string; readonly odd: string },
  server: object = {},
): ConfigStep {
  const provider = index % 2 === 0 ? 'even' : 'odd';
  const providerModel = `m-${index}`;
  const text = edgeConfig(baseUrls[provider], {
    server,
    // The other provider is not in the file: its connections are given up with each reload.
    providers: {
      [provider]: {
        type: 'openai-compatible',
        baseUrl: baseUrls[provider],
        apiKey: `provider-secret-${index}`,
        allowPrivateNetwork: true,
      },
    },
    models: { m: { routes: [{ provider, model: providerModel }] } },
    keys: [{ name: 'all', key: EDGE_KEY }],
  });
  return { index, text, version: versionOf(text), provider, providerModel };
}

/** A file that no edge takes: a route to nobody. */
export const brokenText = (step: ConfigStep): string =>
  step.text.replace(`"${step.provider}","model"`, '"nobody","model"');

const versionOf = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 12);
