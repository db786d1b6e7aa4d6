import type { ConfigProblem, ConfigResult, GatewayConfig } from '../gateway-config.js';
import { loadGatewayConfig, type LoadGatewayConfigOptions } from '../load-gateway-config.js';

/** The smallest file that is right. */
export const SMALLEST = `providers: { openai: { type: openai, apiKey: "a-provider-key" } }
models: { gpt-4o: { routes: [{ provider: openai, model: gpt-4o }] } }
`;

/** Loads a text; environment and files are empty unless given. */
export function load(text: string, options: Partial<LoadGatewayConfigOptions> = {}): ConfigResult {
  const readFile = (): string => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  return loadGatewayConfig(text, { fileName: 'sluice.yaml', env: {}, readFile, ...options });
}

/** The config of a text that must be right. */
export function configOf(text: string, options: Partial<LoadGatewayConfigOptions> = {}): GatewayConfig {
  const result = load(text, options);
  if (!result.ok) throw new Error(`refused: ${result.problems.map(({ message }) => message).join('; ')}`);
  return result.config;
}

/** The mistakes of a text that must be wrong. */
export function problemsOf(
  text: string,
  options: Partial<LoadGatewayConfigOptions> = {},
): readonly ConfigProblem[] {
  const result = load(text, options);
  if (result.ok) throw new Error('accepted a text that is wrong');
  return result.problems;
}

/** `path: message` of each mistake. */
export function sentencesOf(text: string, options: Partial<LoadGatewayConfigOptions> = {}): string[] {
  return problemsOf(text, options).map(({ path, message }) => `${path}: ${message}`);
}
