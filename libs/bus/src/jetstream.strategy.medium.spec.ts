import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { DeadLetter, RequestCompleted } from '@sluice/contracts';
import { startTestNats, waitFor, type TestServer } from '@sluice/testing';
import { concat, delay, of, throwError, type Observable } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  MemoryLog,
  newEventId,
  toCloudEvent,
  toEventJson,
  toRequestCompleted,
} from './__fixtures__/request-event.js';
import { PoisonEventsError, type EventDelivery } from './consumer/event-delivery.js';
import { ensureTopology } from './ensure-streams.js';
import { JetStreamStrategy } from './jetstream.strategy.js';
import { connectNats, type NatsLink } from './nats-connection.js';
import { OnEvent } from './on-event.decorator.js';

type Handler = (delivery: EventDelivery<RequestCompleted>) => unknown;
const SPOOL_ID = '0b0e7a52-8a6b-4b53-9a53-4b0f5ad0f7c1';
const SOURCE = { stream: 'SLUICE_REQUESTS', durable: 'logger-requests' } as const;
const SUBJECT = 'sluice.v1.request.succeeded';
const FLOOD_ROUNDS = 10;
const FLOOD_MESSAGES = 300;

const failure = (): Observable<never> => throwError(() => new Error('database is down'));

let handler: Handler;
const deliveries: EventDelivery<RequestCompleted>[] = [];

@Controller()
class TestConsumer {
  @OnEvent(SOURCE)
  handle(delivery: EventDelivery<RequestCompleted>): unknown {
    deliveries.push(delivery);
    return handler(delivery);
  }
}

@Controller()
class SecondConsumer {
  @OnEvent(SOURCE)
  handle(): void {
    // Never called: the app refuses to start.
  }
}

const moduleOf = (...controllers: Type[]): Type => {
  @Module({ controllers })
  class TestModule {}
  return TestModule;
};

let server: TestServer;
let nats: NatsLink;
let log: MemoryLog;
let nextSeq = 1;

beforeAll(async () => {
  server = await startTestNats();
});
afterAll(() => server.stop());
beforeEach(async () => {
  log = new MemoryLog();
  deliveries.length = 0;
  handler = () => undefined;
  nats = connectNats({ url: server.url, name: 'test', log });
  const connection = await nats.ready;
  await ensureTopology(connection, { log });
});
afterEach(async () => {
  const manager = await jetstreamManager(await nats.ready);
  for (const stream of ['SLUICE_REQUESTS', 'SLUICE_DEAD']) await manager.streams.delete(stream);
  await nats.close();
});

async function startApp(...controllers: Type[]): Promise<{ close(): Promise<void> }> {
  const strategy = new JetStreamStrategy({ nats, log, closeTimeoutMs: 5000 });
  const app = await NestFactory.createMicroservice(moduleOf(...controllers), {
    strategy,
    logger: false,
    abortOnError: false,
  });
  await app.listen();
  return app;
}

const newEvent = (change: Partial<RequestCompleted> = {}): RequestCompleted =>
  toRequestCompleted({ eventId: newEventId(), spoolId: SPOOL_ID, spoolSeq: nextSeq++ }, change);

async function publish(payload: string | Uint8Array): Promise<void> {
  await jetstream(await nats.ready).publish(SUBJECT, payload);
}

async function unsettled(): Promise<number> {
  const manager = await jetstreamManager(await nats.ready);
  const info = await manager.consumers.info(SOURCE.stream, SOURCE.durable);
  return info.num_ack_pending + info.num_pending;
}

async function deadLetters(): Promise<DeadLetter[]> {
  const manager = await jetstreamManager(await nats.ready);
  const { state } = await manager.streams.info('SLUICE_DEAD');
  const letters: DeadLetter[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
    const message = await manager.streams.getMessage('SLUICE_DEAD', { seq });
    letters.push(message!.json<{ data: DeadLetter }>().data);
  }
  return letters;
}

describe('JetStreamStrategy', () => {
  it('hands single events and batches, typed and in order, to the handler and acks them', async () => {
    const [one, two, three] = [newEvent(), newEvent(), newEvent()];
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify(toCloudEvent(one)));
    await publish(JSON.stringify([toCloudEvent(two), toCloudEvent(three)]));
    await waitFor(async () => deliveries.length === 2 && (await unsettled()) === 0);
    await app.close();
    expect(deliveries.map((delivery) => delivery.events.map(({ data }) => data))).toEqual([
      [one],
      [two, three],
    ]);
    expect(deliveries[0]).toMatchObject({ rejected: [], redelivered: false });
  });

  it('acks only when the observable of the handler has completed', async () => {
    handler = () => of(1).pipe(delay(300));
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify(toCloudEvent(newEvent())));
    await waitFor(() => deliveries.length === 1);
    expect(await unsettled()).toBe(1);
    await waitFor(async () => (await unsettled()) === 0);
    await app.close();
    expect(deliveries).toHaveLength(1);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('database is down'))],
    ['returns an observable that errors', failure],
    ['returns an observable that errors late', () => concat(of(1).pipe(delay(50)), failure())],
  ])('does not ack when the handler %s, and delivers again', async (_, fail) => {
    handler = () => (deliveries.length === 1 ? fail() : undefined);
    const app = await startApp(TestConsumer);
    const event = newEvent();
    await publish(JSON.stringify(toCloudEvent(event)));
    await waitFor(() => deliveries.length === 1);
    expect(await unsettled()).toBe(1);
    await waitFor(async () => deliveries.length === 2 && (await unsettled()) === 0);
    await app.close();
    expect(deliveries[1]).toMatchObject({ redelivered: true, events: [{ data: event }] });
    expect(await deadLetters()).toEqual([]);
  });

  it('refuses two handlers of one durable', async () => {
    await expect(startApp(TestConsumer, SecondConsumer)).rejects.toThrow(/two handlers/);
  });

  it('dead-letters what does not fit its schema once, with its id, and delivers the rest with its number', async () => {
    const [good, bad] = [newEvent(), newEvent()];
    const broken = { ...toCloudEvent(bad), data: { ...bad, status: 'fine' } };
    handler = () => {
      if (deliveries.length === 1) throw new Error('not now');
    };
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify([broken, toCloudEvent(good)]));
    await waitFor(async () => deliveries.length === 2 && (await unsettled()) === 0);
    await app.close();
    expect(deliveries[1]?.events.map(({ data }) => data)).toEqual([good]);
    expect(deliveries[1]?.rejected).toEqual([
      {
        spoolId: SPOOL_ID,
        spoolSeq: bad.spoolSeq,
        eventId: bad.eventId,
        reason: 'invalid_data: status invalid_type',
      },
    ]);
    const letters = await deadLetters();
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      eventId: bad.eventId,
      spoolSeq: bad.spoolSeq,
      stream: 'SLUICE_REQUESTS',
      consumer: 'logger-requests',
      subject: SUBJECT,
      payload: { kind: 'whole', base64: Buffer.from(JSON.stringify(broken)).toString('base64') },
    });
  });

  it('calls the handler even when nothing in the message is readable, then acks', async () => {
    const app = await startApp(TestConsumer);
    await publish(Uint8Array.of(0xff, 0xfe, 0x7b));
    await publish('{"not": "closed"');
    await publish('[]');
    await publish(JSON.stringify({ ...toCloudEvent(newEvent()), type: 'io.sluice.other.v1' }));
    await waitFor(async () => deliveries.length === 4 && (await unsettled()) === 0);
    await app.close();
    expect(deliveries.every((delivery) => delivery.events.length === 0)).toBe(true);
    expect(deliveries.flatMap((delivery) => delivery.rejected.map(({ reason }) => reason)).sort()).toEqual([
      'empty_batch',
      'invalid_json',
      'invalid_utf8',
      'unknown_type: io.sluice.other.v1',
    ]);
    expect(await deadLetters()).toHaveLength(4);
  });

  it('dead-letters alone what the storage of the handler refuses, and delivers the rest', async () => {
    const events = [newEvent(), newEvent({ user: 'a\u0000b' }), newEvent()];
    handler = (delivery) => {
      const poison = delivery.events.filter(({ data }) => data.user?.includes('\u0000'));
      if (poison.length === 0) return;
      throw new PoisonEventsError(poison.map(({ data }) => ({ eventId: data.eventId, reason: '22P05' })));
    };
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify(events.map(toCloudEvent)));
    await waitFor(async () => deliveries.length === 2 && (await unsettled()) === 0);
    await app.close();
    expect(deliveries[1]?.events.map(({ data }) => data)).toEqual([events[0], events[2]]);
    expect(deliveries[1]?.rejected).toMatchObject([{ eventId: events[1]?.eventId, reason: '22P05' }]);
    expect(await deadLetters()).toMatchObject([{ eventId: events[1]?.eventId, reason: '22P05' }]);
  });

  it('keeps of a payload above 512 KiB its head and its digest', async () => {
    const app = await startApp(TestConsumer);
    await publish(`{"x":"${'y'.repeat(600 * 1024)}`);
    await waitFor(async () => deliveries.length === 1 && (await unsettled()) === 0);
    await app.close();
    const [letter] = await deadLetters();
    expect(letter?.payload).toMatchObject({ kind: 'head', bytes: 600 * 1024 + 6 });
  });

  it('finishes what it has begun when it is closed, and hands nothing out after that', async () => {
    handler = () => of(1).pipe(delay(200));
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify(toCloudEvent(newEvent())));
    await waitFor(() => deliveries.length === 1);
    await app.close();
    expect(await unsettled()).toBe(0);
    await publish(JSON.stringify(toCloudEvent(newEvent())));
    expect(await unsettled()).toBe(1);
    expect(deliveries).toHaveLength(1);
  });

  it('stopped in a flood, leaves no message waiting for AckWait: another instance has all the rest at once', async () => {
    const client = jetstream(await nats.ready);
    const payload = toEventJson({ eventId: newEventId(), spoolId: SPOOL_ID, spoolSeq: nextSeq++ });
    let published = 0;
    for (let round = 0; round < FLOOD_ROUNDS; round += 1) {
      const app = await startApp(TestConsumer);
      const before = deliveries.length;
      const flood = Array.from({ length: FLOOD_MESSAGES }, () => client.publish(SUBJECT, payload));
      await waitFor(() => deliveries.length > before + 20);
      await app.close();
      published += (await Promise.all(flood)).length;
      const manager = await jetstreamManager(await nats.ready);
      const { num_ack_pending: waiting } = await manager.consumers.info(SOURCE.stream, SOURCE.durable);
      // What was handed back counts as waiting until the server gives it out anew, so it is asked for.
      const rest = await startApp(TestConsumer);
      await waitFor(async () => (await unsettled()) === 0, { message: () => `${waiting} were waiting` });
      await rest.close();
    }
    expect(deliveries).toHaveLength(published);
  });

  it('starts before its durable exists and begins when it does', async () => {
    const manager = await jetstreamManager(await nats.ready);
    await manager.consumers.delete(SOURCE.stream, SOURCE.durable);
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify(toCloudEvent(newEvent())));
    await waitFor(() => log.of('warn').some((line) => line.includes('cannot read logger-requests')));
    await ensureTopology(await nats.ready, { log });
    await waitFor(async () => deliveries.length === 1 && (await unsettled()) === 0);
    await app.close();
  });

  it('goes on after NATS was killed and restarted', async () => {
    const app = await startApp(TestConsumer);
    await publish(JSON.stringify(toCloudEvent(newEvent())));
    await waitFor(() => deliveries.length === 1);
    await server.kill();
    await server.restart();
    await waitFor(() => nats.isConnected(), { timeoutMs: 10_000 });
    await publish(JSON.stringify(toCloudEvent(newEvent())));
    await waitFor(() => deliveries.some(({ events }) => events[0]?.data.spoolSeq === nextSeq - 1), {
      timeoutMs: 10_000,
    });
    await app.close();
  });

  it('gives a handler as many messages at a time as it may have, so that it can commit them together', async () => {
    const release = Promise.withResolvers<undefined>();
    handler = () => release.promise;
    const app = await startApp(TestConsumer);
    for (let n = 0; n < 100; n += 1) {
      await publish(toEventJson({ eventId: newEventId(), spoolId: SPOOL_ID, spoolSeq: nextSeq++ }));
    }
    await waitFor(() => deliveries.length === 64);
    expect(deliveries).toHaveLength(64);
    release.resolve(undefined);
    await waitFor(async () => deliveries.length === 100 && (await unsettled()) === 0);
    await app.close();
  });
});
