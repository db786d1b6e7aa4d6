import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  type AuditRecorded,
  auditSubject,
  type HealthChanged,
  healthSubject,
  NO_TOKENS,
  type RequestCompleted,
  requestSubject,
} from '@sluice/contracts';
import { startTestNats, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tail } from './tail.js';
import type { TailOptions } from './tail-options.js';

const ALL: TailOptions = {
  kind: 'request',
  outcome: undefined,
  provider: undefined,
  model: undefined,
  team: undefined,
  last: 20,
  follow: false,
  raw: false,
};

const eventOf = (requestId: string, change: Partial<RequestCompleted>): RequestCompleted => ({
  eventId: '01a20571-bb2e-7fc0-8631-2188b89e1600',
  requestId,
  spoolId: '6f1c3f0e-8a53-4d0c-9d6e-0d1b5c6f7a81',
  spoolSeq: 1,
  occurredAt: '2026-11-22T21:47:49.000Z',
  keyId: 'k',
  keyName: 'k',
  teamId: 'default',
  endpoint: 'chat.completions',
  requestedModel: 'm',
  provider: 'p',
  providerModel: 'pm',
  stream: false,
  outcome: 'succeeded',
  status: 200,
  errorCode: null,
  errorMessage: null,
  attempts: [],
  tokens: { ...NO_TOKENS, input: 8, output: 22 },
  costUsdNanos: 37_000,
  priceSource: 'config',
  timing: { queueMs: 0, overheadMs: 0, firstTokenMs: null, totalMs: 21.4 },
  cache: 'bypass',
  deduplicated: false,
  user: null,
  tags: [],
  traceId: null,
  instance: 'edge-1',
  configVersion: 'v',
  ...change,
});

let server: TestServer;
let connection: NatsConnection;

async function publish(...events: RequestCompleted[]): Promise<void> {
  const batch = events.map((data) => ({
    specversion: '1.0',
    id: data.eventId,
    source: '/sluice/edge/edge-1',
    type: 'io.sluice.request.v1',
    time: data.occurredAt,
    data,
  }));
  await jetstream(connection).publish(requestSubject(events[0]!.outcome), JSON.stringify(batch));
}

async function linesOf(change: Partial<TailOptions>): Promise<string[]> {
  const lines: string[] = [];
  await tail(connection, {
    options: { ...ALL, ...change },
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
  });
  return lines;
}

beforeAll(async () => {
  server = await startTestNats();
  connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'SLUICE_REQUESTS', subjects: ['sluice.v1.request.*'] });
  await manager.consumers.add('SLUICE_REQUESTS', { durable_name: 'other', ack_policy: AckPolicy.Explicit });
  await publish(eventOf('one', {}), eventOf('two', { requestedModel: 'n' }));
  await publish(eventOf('three', { outcome: 'failed', status: 502, errorCode: 'all_providers_failed' }));
  await jetstream(connection).publish('sluice.v1.request.failed', 'not an event');
  await publish(eventOf('four', { provider: null, providerModel: null, teamId: 'research' }));
});

afterAll(async () => {
  await connection.close();
  await server.stop();
});

it('shows one line for each event of each batch, in order, and passes over what it cannot read', async () => {
  expect(await linesOf({})).toEqual([
    '21:47:49.000Z succeeded 200 m -> p/pm 8+22 tokens $0.000037 21 ms 0 attempts one',
    '21:47:49.000Z succeeded 200 n -> p/pm 8+22 tokens $0.000037 21 ms 0 attempts two',
    '21:47:49.000Z failed 502 m -> p/pm 8+22 tokens $0.000037 21 ms 0 attempts all_providers_failed three',
    '21:47:49.000Z succeeded 200 m -> - 8+22 tokens $0.000037 21 ms 0 attempts four',
  ]);
});

it.each([
  ['outcome', { outcome: 'failed' }, ['three']],
  ['provider', { provider: 'p' }, ['one', 'two', 'three']],
  ['model', { model: 'n' }, ['two']],
  ['team', { team: 'research' }, ['four']],
  ['number of messages', { last: 1 }, ['four']],
  ['nothing at all', { last: 0 }, []],
] as const)('shows only what is asked for by %s', async (_, change, ids) => {
  expect((await linesOf(change)).map((line) => line.split(' ').at(-1))).toEqual(ids);
});

it('shows messages as they are', async () => {
  const [line = ''] = await linesOf({ raw: true, model: 'n' });
  const at = line.indexOf(' ');
  expect(line.slice(0, at)).toBe('sluice.v1.request.succeeded');
  expect(JSON.parse(line.slice(at))).toHaveLength(2);
});

it('never lets a client’s text move the cursor of whoever reads', async () => {
  await publish(eventOf('five', { requestedModel: '\u001b[2Jgone\n' }));
  expect((await linesOf({ last: 1 }))[0]).toContain(' ?[2Jgone? -> ');
});

it('follows: what happens later is shown when it happens, until it is told to stop', async () => {
  const lines: string[] = [];
  const stop = new AbortController();
  const following = tail(connection, {
    options: { ...ALL, last: 0, follow: true },
    print: (line) => lines.push(line),
    signal: stop.signal,
  });
  let count = 0;
  await waitFor(
    async () => {
      await publish(eventOf(`later-${String((count += 1))}`, {}));
      return lines.length > 0;
    },
    { timeoutMs: 5_000, intervalMs: 50, message: 'an event that came later' },
  );
  stop.abort();
  await following;
  expect(lines[0]).toMatch(/ later-\d+$/);
});

describe('beside the requests', () => {
  const EDGE_EVENT = {
    eventId: '01a20571-bb2e-7fc0-8631-2188b89e1600',
    spoolId: '6f1c3f0e-8a53-4d0c-9d6e-0d1b5c6f7a81',
    spoolSeq: 1,
    occurredAt: '2026-11-22T21:47:49.000Z',
    instance: 'edge-1',
    configVersion: 'v',
  };
  const OPENED: HealthChanged = {
    ...EDGE_EVENT,
    provider: 'p',
    providerModel: 'm\u001b',
    state: 'opened',
    reason: '5 failures in a row',
    openForMs: 5200,
    isForced: false,
    credential: null,
    kind: null,
    untilMs: null,
  };
  const RELOADED: AuditRecorded = {
    ...EDGE_EVENT,
    entity: 'config',
    verb: 'reloaded',
    actor: { kind: 'operator', name: 'SIGHUP' },
    target: '/etc/sluice.yaml',
    detail: null,
    changes: [{ path: 'a', kind: 'added', before: null, after: '1' }],
    omittedChanges: 1,
  };
  const put = async (subject: string, data: HealthChanged | AuditRecorded): Promise<void> => {
    const envelope = {
      specversion: '1.0',
      id: data.eventId,
      source: '/s',
      type: 't',
      time: data.occurredAt,
      data,
    };
    await jetstream(connection).publish(subject, JSON.stringify(envelope));
  };

  beforeAll(async () => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'SLUICE_HEALTH', subjects: ['sluice.v1.health.*.*'] });
    await manager.streams.add({ name: 'SLUICE_AUDIT', subjects: ['sluice.v1.audit.*.*'] });
    await put(healthSubject('p', 'opened'), OPENED);
    await put(healthSubject('q', 'cooldown'), {
      ...OPENED,
      provider: 'q',
      providerModel: null,
      state: 'cooldown',
      reason: 'the provider answered 429',
      openForMs: null,
      kind: 'rate_limit',
      credential: 'c',
      untilMs: Date.parse(OPENED.occurredAt) + 2000,
    });
    await put(auditSubject('config', 'reloaded'), RELOADED);
  });

  it('a provider’s health is a line for each change', async () => {
    expect(await linesOf({ kind: 'health' })).toEqual([
      '21:47:49.000Z opened p/m? 5 failures in a row, for 5.2 s edge-1',
      '21:47:49.000Z cooldown q the provider answered 429, for 2.0 s edge-1',
    ]);
    expect(await linesOf({ kind: 'health', provider: 'q' })).toHaveLength(1);
  });

  it('what people and operators did is a line for each action', async () => {
    expect(await linesOf({ kind: 'audit' })).toEqual([
      '21:47:49.000Z config reloaded /etc/sluice.yaml by SIGHUP (operator): 2 changes edge-1',
    ]);
  });
});

it('leaves nothing behind at the server: no consumer, no lag', async () => {
  await linesOf({});
  const manager = await jetstreamManager(connection);
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const info of manager.consumers.list('SLUICE_REQUESTS')) found.push(info.name);
    return found;
  };
  await waitFor(async () => (await names()).join() === 'other', {
    timeoutMs: 5_000,
    message: 'the consumer of the tail to go',
  });
});
