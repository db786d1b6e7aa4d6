import {
  connectNats,
  ControlResponder,
  EdgeRegister,
  ensureTopology,
  type NatsLink,
} from '@sluice/bus/publishing';
import type { BreakerFacts, ControlRequest } from '@sluice/contracts';
import { startTestNats, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ControlQuestion } from './control-options.js';
import { runControl } from './run-control.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const BREAKER: BreakerFacts = {
  provider: 'p1',
  providerModel: 'm',
  state: 'closed',
  isForced: false,
  retryInMs: 0,
  coolingMs: 0,
  inFlight: 0,
};
const OPEN: BreakerFacts = {
  ...BREAKER,
  state: 'open',
  isForced: true,
  retryInMs: 2500,
  coolingMs: 400,
  inFlight: 2,
};

let server: TestServer;
let nats: NatsLink;
let second: NatsLink;
let forced: ControlRequest<'breaker.force'>[];
let isSecondValid: boolean;

beforeAll(async () => {
  server = await startTestNats();
  nats = connectNats({ url: server.url, name: 'test', log: quiet });
  second = connectNats({ url: server.url, name: 'test', log: quiet });
  await ensureTopology(await nats.ready, { log: quiet });
  await second.ready;
  for (const [instance, link] of [
    ['edge-1', nats],
    ['edge-2', second],
  ] as const) {
    const record = { instance, startedAt: '2026-11-23T00:00:00.000Z', configVersion: 'v', port: 8080 };
    new EdgeRegister({ nats: link, record: () => record }).start();
    new ControlResponder({ nats: link, instance, log: quiet })
      .handle('config.reload', () =>
        instance === 'edge-1' || isSecondValid
          ? { ok: true, problems: [], configVersion: 'v2' }
          : { ok: false, problems: ['sluice.yaml:3:1: unknown key "modles"\u001b[2J'], configVersion: 'v1' },
      )
      .handle('breaker.force', (request) => {
        forced.push(request);
        return { ok: true, problems: [], matched: 1 };
      })
      .handle('breaker.list', () => ({
        ok: true,
        problems: [],
        breakers: instance === 'edge-2' ? [] : [{ ...BREAKER, providerModel: null }, OPEN],
      }))
      .start();
  }
  await waitFor(async () => (await lines({ command: 'breaker.list' })).text.startsWith('2/2'));
});
beforeEach(() => {
  forced = [];
  isSecondValid = true;
});
afterAll(async () => {
  await Promise.all([nats.close(), second.close()]);
  await server.stop();
});

async function lines(question: ControlQuestion, json = false): Promise<{ ok: boolean; text: string }> {
  const printed: string[] = [];
  const actor = { kind: 'operator', name: 'ada' } as const;
  const ok = await runControl({
    nats,
    question,
    actor,
    json,
    print: (line) => printed.push(line),
    timeoutMs: 1_000,
  });
  return { ok, text: printed.join('\n') };
}

it('a reload says which version each edge has', async () => {
  expect(await lines({ command: 'config.reload' })).toEqual({
    ok: true,
    text: '2/2\nedge-1  config v2\nedge-2  config v2',
  });
});

it('an edge that refused says why, without moving the cursor of who reads it', async () => {
  isSecondValid = false;
  const why = 'sluice.yaml:3:1: unknown key "modles"?[2J';
  expect(await lines({ command: 'config.reload' })).toEqual({
    ok: false,
    text: `1/2, edge-2: ${why}\nedge-1  config v2\nedge-2  ${why}`,
  });
});

it('a breaker is forced at every edge, in the name of who asked', async () => {
  const question = { command: 'breaker.force', provider: 'p1', providerModel: 'm', to: 'open' } as const;
  expect((await lines(question)).text).toBe('2/2\nedge-1  1 breaker\nedge-2  1 breaker');
  const request = {
    provider: 'p1',
    providerModel: 'm',
    to: 'open',
    actor: { kind: 'operator', name: 'ada' },
  };
  expect(forced).toEqual([request, request]);
});

it('breakers are listed edge by edge', async () => {
  expect((await lines({ command: 'breaker.list' })).text.split('\n')).toEqual([
    '2/2',
    'edge-1  p1  closed',
    'edge-1  p1/m  open (forced)  probes in 2.5 s  credential cools down for 0.4 s  2 in flight',
    'edge-2  no breaker yet: nothing was called',
  ]);
});

it('the answers themselves are one line of JSON', async () => {
  const { text } = await lines({ command: 'breaker.list' }, true);
  expect(JSON.parse(text)).toMatchObject({
    ok: true,
    summary: '2/2',
    silent: [],
    answers: [{ instance: 'edge-1' }, { instance: 'edge-2' }],
  });
});
