// Control over a real server: every edge answers for itself, and who does not is named.
import { startTestNats, waitFor, type TestServer } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../__fixtures__/request-event.js';
import { ensureTopology } from '../ensure-streams.js';
import { connectNats, type NatsLink } from '../nats-connection.js';
import { askEdges } from './ask-edges.js';
import { ControlResponder, type ControlHandler } from './control-responder.js';
import { EdgeRegister, listEdges } from './edge-register.js';

const ACTOR = { kind: 'operator', name: 'test' } as const;
const RELOAD = { command: 'config.reload', request: { actor: ACTOR } } as const;
const reloaded = { ok: true, problems: [], configVersion: 'abc' };

let server: TestServer;
let log: MemoryLog;
let caller: NatsLink;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  server = await startTestNats();
  log = new MemoryLog();
  caller = connectNats({ url: server.url, name: 'caller', log });
  await ensureTopology(await caller.ready, { log });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await caller.close();
  await server.stop();
});

/** An edge as far as control goes. */
async function startEdge(
  instance: string,
  reload: ControlHandler<'config.reload'> = () => reloaded,
  handlerTimeoutMs = 5_000,
) {
  const nats = connectNats({ url: server.url, name: instance, log });
  const record = { instance, startedAt: '2026-11-23T00:00:00.000Z', configVersion: 'abc', port: 8080 };
  const register = new EdgeRegister({ nats, record: () => record });
  const responder = new ControlResponder({ nats, instance, log, handlerTimeoutMs });
  responder.handle('config.reload', reload);
  responder.start();
  register.start();
  await nats.ready;
  await waitFor(async () => (await listEdges(caller, 0)).some((edge) => edge.instance === instance));
  const stop = async (): Promise<void> => {
    register.stop();
    responder.stop();
    await nats.close();
  };
  ends.push(stop);
  return { nats, stop };
}

describe('what every edge is asked', () => {
  it('is answered by each, and the caller waits for the last registered one and no longer', async () => {
    let asked = 0;
    for (const instance of ['edge-1', 'edge-2']) await startEdge(instance, () => ((asked += 1), reloaded));
    const startedMs = performance.now();
    const answers = await askEdges({ nats: caller, ...RELOAD, timeoutMs: 10_000 });
    expect(answers).toMatchObject({
      ok: true,
      summary: '2/2',
      silent: [],
      answers: [
        { instance: 'edge-1', ...reloaded },
        { instance: 'edge-2', ...reloaded },
      ],
    });
    expect(asked).toBe(2);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('names the edge that is registered and silent, and for how long', async () => {
    await startEdge('edge-1');
    const { nats } = await startEdge('edge-2');
    await nats.close(); // Killed: it takes its record not along.
    const answers = await askEdges({
      nats: caller,
      ...RELOAD,
      timeoutMs: 300,
      now: () => Date.now() + 40_000,
    });
    expect(answers.ok).toBe(false);
    expect(answers.summary).toBe('1/2, edge-2 silent for 40 s');
    expect(answers.silent).toMatchObject([{ instance: 'edge-2', port: 8080 }]);
  });

  it('waits for no edge that has ended in order', async () => {
    await startEdge('edge-1');
    const { stop } = await startEdge('edge-2');
    await stop();
    expect((await askEdges({ nats: caller, ...RELOAD, timeoutMs: 2_000 })).summary).toBe('1/1');
  });

  it('says so when no edge is there, without waiting', async () => {
    const startedMs = performance.now();
    const answers = await askEdges({ nats: caller, ...RELOAD, timeoutMs: 10_000 });
    expect(answers).toMatchObject({ ok: false, summary: '0/0, no edge is there' });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('is answered again after the server was away', async () => {
    await startEdge('edge-1');
    await server.kill();
    await server.restart();
    await waitFor(() => caller.isConnected(), { timeoutMs: 10_000 });
    await waitFor(
      async () => (await askEdges({ nats: caller, ...RELOAD, timeoutMs: 500 })).summary === '1/1',
      { timeoutMs: 10_000 },
    );
  }, 30_000);
});

describe('an edge that does not do what it is asked', () => {
  it('says why, and the others count', async () => {
    await startEdge('edge-1');
    await startEdge('edge-2', () => ({ ok: false, problems: ['line 3: unknown key'], configVersion: 'old' }));
    const answers = await askEdges({ nats: caller, ...RELOAD });
    expect(answers).toMatchObject({ ok: false, summary: '1/2, edge-2: line 3: unknown key' });
    expect(answers.answers[1]).toMatchObject({ configVersion: 'old' });
  });

  it('answers when its handler fails, without the error’s words', async () => {
    await startEdge('edge-1', () => {
      throw new Error('secret-in-a-message');
    });
    const { summary } = await askEdges({ nats: caller, ...RELOAD });
    expect(summary).toBe('0/1, edge-1: it failed; the log of this edge says why');
    expect(log.of('error')).toEqual(['a control request failed']);
  });

  it('answers when its handler does not end', async () => {
    await startEdge('edge-1', () => new Promise(() => undefined), 100);
    const { summary } = await askEdges({ nats: caller, ...RELOAD });
    expect(summary).toBe('0/1, edge-1: not finished within 0.1 s');
  });

  it.each([
    ['no JSON', '{', 'body: '],
    ['another form', '{"actor":{"kind":"nobody","name":"x"}}', 'actor.kind: '],
  ])('answers what is %s with the field', async (_, text, place) => {
    let asked = 0;
    await startEdge('edge-1', () => ((asked += 1), reloaded));
    const answer = await (
      await caller.ready
    ).request('sluice.control.config.reload', text, { timeout: 2_000 });
    expect(answer.json()).toMatchObject({ instance: 'edge-1', ok: false });
    expect(answer.string()).toContain(place);
    expect(asked).toBe(0);
  });

  it('answers commands that it does not know', async () => {
    await startEdge('edge-1');
    const ask = async (subject: string): Promise<unknown> =>
      (await (await caller.ready).request(subject, '{}', { timeout: 2_000 })).json();
    expect(await ask('sluice.control.breaker.list')).toMatchObject({
      ok: false,
      problems: ['this edge does not know sluice.control.breaker.list'],
    });
    expect(await ask('sluice.control.no.such')).toMatchObject({
      problems: ['this edge does not know this command'],
    });
  });
});
