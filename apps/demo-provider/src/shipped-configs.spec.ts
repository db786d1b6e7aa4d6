import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type GatewayConfig, loadGatewayConfig } from '@sluice/config-schema';
import { describe, expect, it } from 'vitest';
import { parseModel } from './models/demo-model.js';

describe.each([
  ['demo.yaml', {}],
  ['demo-with-openai.yaml', { OPENAI_API_KEY: 'not-a-key-of-anyone' }],
])('%s', (name, env) => {
  it('is a config without a mistake or a warning', () => {
    const result = load(name, env);
    expect(result).toMatchObject({ ok: true, warnings: [] });
  });

  it('names only models that the demo provider has, on its own port unless told otherwise', () => {
    const config = configOf(name, env);
    const routes = [...config.models.values()].flatMap((model) => model.routes);
    const demoModels = routes.filter((route) => route.provider === 'demo').map((route) => route.model);
    for (const model of demoModels) expect(parseModel(model).name).toBe(model);
    expect(config.providers.get('demo')).toMatchObject({
      baseUrl: 'http://127.0.0.1:8099/v1',
      allowPrivateNetwork: true,
      sendAttemptId: true,
    });
    const moved = configOf(name, { ...env, DEMO_PROVIDER_PORT: '18099' });
    expect(moved.providers.get('demo')?.baseUrl).toBe('http://127.0.0.1:18099/v1');
  });

  it('begins with plain chat and ends with the models that fail', () => {
    const models = [...configOf(name, env).models.values()];
    const isHealthy = models.map(({ routes }) => !failsAlone(routes.at(-1)?.model ?? ''));
    expect(models[0]?.name).toBe('demo-chat');
    expect(isHealthy.lastIndexOf(true)).toBeLessThan(isHealthy.indexOf(false));
  });

  it('gives each model of the demo a price, so that costs can be seen', () => {
    for (const { name: model, routes } of configOf(name, env).models.values()) {
      for (const route of routes.filter(({ provider }) => provider === 'demo')) {
        expect(route.price?.input, model).toBeGreaterThan(0);
      }
    }
  });
});

it('the config with OpenAI is the demo config and OpenAI: nothing of the demo is missing', () => {
  const demo = configOf('demo.yaml', {});
  const both = configOf('demo-with-openai.yaml', { OPENAI_API_KEY: 'not-a-key-of-anyone' });
  for (const [name, model] of demo.models) expect(both.models.get(name)).toEqual(model);
  expect([...both.aliases]).toEqual([...demo.aliases]);
  const names = [...both.models.keys()];
  expect(names.slice(0, 2)).toEqual(['demo-chat', 'gpt-4o-mini']);
});

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
