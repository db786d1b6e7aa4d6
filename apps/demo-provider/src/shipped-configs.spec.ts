import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type GatewayConfig, loadGatewayConfig } from '@sluice/config-schema';
import { describe, expect, it } from 'vitest';
import { parseModel } from './models/demo-model.js';

const OPENAI = { OPENAI_API_KEY: 'not-a-key-of-anyone' };
const ANTHROPIC = { ANTHROPIC_API_KEY: 'nor-is-this-one' };

describe.each([
  ['demo.yaml', {}],
  ['demo-with-openai.yaml', OPENAI],
  ['demo-with-anthropic.yaml', ANTHROPIC],
  ['demo-with-openai-and-anthropic.yaml', { ...OPENAI, ...ANTHROPIC }],
])('%s', (name, env) => {
  it('is a config without a mistake or a warning', () => {
    const result = load(name, env);
    expect(result).toMatchObject({ ok: true, warnings: [] });
  });

  it('names only models that the demo provider has, on its own port unless told otherwise', () => {
    const config = configOf(name, env);
    const routes = [...config.models.values()].flatMap((model) => model.routes);
    const demoModels = routes.filter((route) => isDemo(route.provider)).map((route) => route.model);
    for (const model of demoModels) expect(parseModel(model).name).toBe(model);
    expect(config.providers.get('demo')).toMatchObject({
      baseUrl: 'http://127.0.0.1:8099/v1',
      allowPrivateNetwork: true,
      sendAttemptId: true,
    });
    expect(config.providers.get('demo-anthropic')).toMatchObject({
      type: 'anthropic',
      baseUrl: 'http://127.0.0.1:8099',
      allowPrivateNetwork: true,
      sendAttemptId: true,
    });
    const moved = configOf(name, { ...env, DEMO_PROVIDER_HOST: 'demo', DEMO_PROVIDER_PORT: '18099' });
    expect(moved.providers.get('demo')?.baseUrl).toBe('http://demo:18099/v1');
    expect(moved.providers.get('demo-anthropic')?.baseUrl).toBe('http://demo:18099');
  });

  it('begins with plain chat and ends with the models that fail', () => {
    const models = [...configOf(name, env).models.values()];
    const isHealthy = models.map(({ routes }) => !failsAlone(routes.at(-1)?.model ?? ''));
    expect(models[0]?.name).toBe('demo-chat');
    expect(isHealthy.lastIndexOf(true)).toBeLessThan(isHealthy.indexOf(false));
  });

  it('gives each model of the demo a price, so that costs can be seen', () => {
    for (const { name: model, routes } of configOf(name, env).models.values()) {
      for (const route of routes.filter(({ provider }) => isDemo(provider))) {
        expect(route.price?.input, model).toBeGreaterThan(0);
      }
    }
  });

  it('has a model whose routes cross the dialects', () => {
    const routes = configOf(name, env)
      .models.get('demo-across')
      ?.routes.map(({ provider }) => provider);
    expect(routes).toEqual(['demo-anthropic', 'demo']);
  });
});

it.each([
  ['demo-with-openai.yaml', OPENAI, ['gpt-4o-mini', 'gpt-4o']],
  ['demo-with-anthropic.yaml', ANTHROPIC, ['claude-haiku-4-5', 'claude-sonnet-4-5']],
  [
    'demo-with-openai-and-anthropic.yaml',
    { ...OPENAI, ...ANTHROPIC },
    ['gpt-4o-mini', 'gpt-4o', 'claude-haiku-4-5', 'claude-sonnet-4-5'],
  ],
])('%s is the demo and the real models after its first: nothing is missing', (name, env, real) => {
  const demo = configOf('demo.yaml', {});
  const both = configOf(name, env);
  for (const [model, config] of demo.models) expect(both.models.get(model)).toEqual(config);
  expect([...both.aliases]).toEqual([...demo.aliases]);
  const [first = '', ...rest] = demo.models.keys();
  expect([...both.models.keys()]).toEqual([first, ...real, ...rest]);
});

const isDemo = (provider: string): boolean => provider === 'demo' || provider === 'demo-anthropic';
const failsAlone = (model: string): boolean => model.includes('fault');

function load(name: string, env: Record<string, string>) {
  const path = fileURLToPath(new URL(`../../../infra/config/${name}`, import.meta.url));
  const readFile = (): string => {
    throw new Error('a shipped config reads no secret files');
  };
  return loadGatewayConfig(readFileSync(path, 'utf8'), { fileName: name, env, readFile });
}

function configOf(name: string, env: Record<string, string>): GatewayConfig {
  const result = load(name, env);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.config;
}
