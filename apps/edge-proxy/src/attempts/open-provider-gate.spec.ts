import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { makeTestGeneration, modelOver } from '../__fixtures__/test-generation.js';
import { ConfigHolder } from '../control/config-holder.js';
import { openProviderGate } from './open-provider-gate.js';

const generationWith = (provider: object) =>
  makeTestGeneration(modelOver([{ baseUrl: 'http://127.0.0.1:9/v1' }], { provider }));

test('the metrics say who is in, who waits and who was refused', async () => {
  const registry = new Registry();
  const generation = await generationWith({ maxConcurrency: 1, queueTimeout: '60s' });
  const gate = openProviderGate({
    holder: new ConfigHolder(generation),
    registry,
    share: { index: 0, count: 1 },
  });
  const provider = generation.config.providers.get('p1')!;
  const enter = (more: object = {}) =>
    gate.enter({ ...provider, ...more }, 'a', { onTurn: () => undefined, onRefused: () => undefined });
  const leaves = [enter(), enter(), enter(), enter({ queueTimeoutMs: 0 })];
  const text = await registry.metrics();
  expect(text).toContain('sluice_edge_provider_in_flight{provider="p1"} 1');
  expect(text).toContain('sluice_edge_provider_queued{provider="p1"} 2');
  expect(text).toContain('sluice_edge_provider_refused_total{provider="p1",reason="queue_full"} 1');
  for (const leave of leaves) leave();
  expect(await registry.metrics()).toContain('sluice_edge_provider_in_flight{provider="p1"} 0');
});

test('the limit of the newest config rules', async () => {
  const holder = new ConfigHolder(await generationWith({ maxConcurrency: 1 }));
  const gate = openProviderGate({ holder, registry: new Registry(), share: { index: 0, count: 1 } });
  let turns = 0;
  const visitor = { onTurn: () => (turns += 1), onRefused: () => undefined };
  const provider = holder.current.config.providers.get('p1')!;
  const leaves = [1, 2, 3].map(() => gate.enter(provider, 'a', visitor));
  expect(turns).toBe(1);
  holder.swap(await generationWith({ maxConcurrency: 2 }));
  gate.onReload();
  expect(turns).toBe(2);
  for (const leave of leaves) leave();
});
