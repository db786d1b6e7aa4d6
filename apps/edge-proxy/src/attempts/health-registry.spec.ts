import { expect, test } from 'vitest';
import { nextCall, startTestRouting, stepOf } from '../__fixtures__/test-walk.js';

const CONFIG = {
  providers: { a: { type: 'openai', apiKey: 'provider-key-of-a' } },
  models: {
    m: { routes: [{ provider: 'a', model: 'x' }] },
    'free-*': { routes: [{ provider: 'a', model: '*' }] },
  },
};

test('names that clients make up grow to a bound and push out no route of the file', async () => {
  const { walk, health } = await startTestRouting(CONFIG);
  nextCall(walk('m')).permit.succeed();
  for (let name = 0; name < 10_200; name += 1) nextCall(walk(`free-${name}`)).permit.succeed();
  expect(health.report().length).toBeLessThanOrEqual(10_002);
  expect(health.force({ provider: 'a', providerModel: 'x' }, 'open')).toBe(1);
  expect(stepOf(walk('m'))).toBe('end');
});

test('a route that a person holds open stays so, however many names come after it', async () => {
  const { walk, health } = await startTestRouting(CONFIG);
  nextCall(walk('free-first')).permit.succeed();
  health.force({ provider: 'a', providerModel: 'first' }, 'open');
  for (let name = 0; name < 10_200; name += 1) nextCall(walk(`free-${name}`)).permit.succeed();
  expect(stepOf(walk('free-first'))).toBe('end');
});

test('a cooldown that another edge heard holds for the first call here, and made-up ones take no memory', async () => {
  const { walk, health, generation } = await startTestRouting(CONFIG);
  const target = generation.catalog.named('m')?.routes['chat.completions'][0];
  if (target === undefined) throw new Error('no target');
  const untilMs = 1_700_000_000_000 + 1_000_000 + 60_000;
  health.applyRemoteCooldown({ provider: 'a', credential: target.credential, untilMs });
  for (let fact = 0; fact < 5_000; fact += 1) {
    health.applyRemoteCooldown({ provider: 'a', credential: `made-up-${fact}`, untilMs });
  }
  expect(stepOf(walk('m'))).toBe('end');
});
