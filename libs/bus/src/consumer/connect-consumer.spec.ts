import { freePort } from '@sluice/testing';
import { afterEach, expect, test } from 'vitest';
import { connectConsumer, type ConsumerLink } from './connect-consumer.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let link: ConsumerLink;
afterEach(async () => {
  for (const step of link.stopSteps) await step.run();
});

test('a server that is down keeps no service from starting: it is named, required and not ok', async () => {
  const port = await freePort();
  link = connectConsumer({ url: `nats://user:secret-pw@127.0.0.1:${port}`, name: 'baker-1', log: quiet });
  link.topology.start();
  const states = link.checks.map(([name, check]) => ({ name, ...check() }));
  expect(states).toMatchObject([
    {
      name: 'nats',
      ok: false,
      required: true,
      detail: expect.stringContaining(`127.0.0.1:${port}`) as unknown,
    },
    { name: 'streams', ok: false, required: true },
  ]);
  expect(JSON.stringify(states)).not.toContain('secret-pw');
});

test('streams are looked after no longer before the connection ends', () => {
  link = connectConsumer({ url: 'nats://127.0.0.1:1', name: 'baker-1', log: quiet });
  expect(link.stopSteps.map((step) => step.name)).toEqual(['topology', 'nats']);
});
