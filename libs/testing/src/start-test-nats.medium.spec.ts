import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { startTestNats } from './start-test-nats.js';

test('a NATS server that was killed and restarted keeps its address, its streams and its messages', async () => {
  await using nats = await startTestNats();
  const firstPid = nats.pid;
  const before = await connect({ servers: nats.url });
  await (await jetstreamManager(before)).streams.add({ name: 'S', subjects: ['s.>'], max_bytes: 1024 ** 3 });
  const ack = await jetstream(before).publish('s.1', 'hello');
  expect(ack.seq).toBe(1);
  await before.close();

  await nats.kill();
  expect(() => nats.pid).toThrow('does not run');
  await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow();
  await nats.restart();

  expect(nats.pid).not.toBe(firstPid);
  const after = await connect({ servers: nats.url });
  const manager = await jetstreamManager(after);
  const message = await manager.streams.getMessage('S', { seq: 1 });
  expect(message?.string()).toBe('hello');
  await after.close();
});

test('a paused NATS server answers again after it was resumed', async () => {
  await using nats = await startTestNats();
  const connection = await connect({ servers: nats.url });
  nats.pause();
  const answer = connection.rtt();
  nats.resume();
  expect(await answer).toBeGreaterThanOrEqual(0);
  await connection.close();
});
