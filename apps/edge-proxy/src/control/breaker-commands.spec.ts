import { expect, test } from 'vitest';
import { fail, nextCall, startTestRouting, stepOf } from '../__fixtures__/test-walk.js';
import { BreakerCommands } from './breaker-commands.js';

const actor = { kind: 'operator', name: 'ops' } as const;
const start = async () => {
  const routing = await startTestRouting({
    providers: {
      a: { type: 'openai', apiKey: 'provider-key-of-a' },
      b: { type: 'openai', apiKey: 'provider-key-of-b' },
    },
    models: {
      m: {
        routes: [
          { provider: 'a', model: 'x' },
          { provider: 'b', model: 'y' },
        ],
      },
    },
    circuitBreaker: { consecutiveFailures: 2 },
  });
  const commands = new BreakerCommands({
    health: routing.health,
    current: () => routing.generation,
    log: { info: () => undefined },
  });
  return { ...routing, commands };
};

test('a route that is held open is passed over, also one that nobody has called, until it is given back', async () => {
  const { commands, walk, told } = await start();
  const place = { provider: 'a', providerModel: 'x' };
  expect(commands.force({ ...place, to: 'open', actor })).toEqual({ ok: true, problems: [], matched: 1 });
  expect(stepOf(walk('m'))).toBe('call b/y');
  expect(told).toMatchObject([{ ...place, state: 'opened', isForced: true }]);
  expect(commands.list().breakers).toContainEqual(
    expect.objectContaining({ ...place, state: 'open', isForced: true }),
  );
  commands.force({ ...place, to: 'auto', actor });
  expect(stepOf(walk('m'))).toBe('call a/x');
});

test('the whole provider is held open by one word', async () => {
  const { commands, walk } = await start();
  expect(commands.force({ provider: 'a', providerModel: null, to: 'open', actor }).matched).toBe(1);
  expect(stepOf(walk('m'))).toBe('call b/y');
});

test('a route that is held closed is called, whatever it answers', async () => {
  const { commands, walk } = await start();
  commands.force({ provider: 'a', providerModel: 'x', to: 'closed', actor });
  for (let failure = 0; failure < 10; failure += 1) {
    const one = walk('m');
    fail(one, nextCall(one));
  }
  expect(stepOf(walk('m'))).toBe('call a/x');
});

test.each([
  [{ provider: 'nobody', providerModel: null }, 'it has a, b'],
  [{ provider: 'a', providerModel: 'z' }, '"providerModel"'],
])('%j: refused with what there is', async (place, words) => {
  const { commands } = await start();
  const reply = commands.force({ ...place, to: 'open', actor });
  expect(reply).toMatchObject({ ok: false, matched: 0 });
  expect(reply.problems.join()).toContain(words);
});
