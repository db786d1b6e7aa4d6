// Both ends in one process, over a real message port.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ChannelPort, NoAnswerError, WorkerChannel } from './worker-channel.js';

let ports: { readonly port1: MessagePort; readonly port2: MessagePort };
let primary: WorkerChannel;
let worker: WorkerChannel;

const toPort = (port: MessagePort): ChannelPort => ({
  send: (message) => port.postMessage(message),
  onMessage: (listener) => void port.on('message', listener),
  onClose: (listener) => void port.on('close', listener),
});

beforeEach(() => {
  ports = new MessageChannel();
  primary = new WorkerChannel(toPort(ports.port1));
  worker = new WorkerChannel(toPort(ports.port2));
});
afterEach(() => ports.port1.close());

const EDITION = { edition: 1, text: 'models: {}' };
const ACTOR = { kind: 'operator', name: 'test' } as const;

test('each question gets its own answer, whichever is ready first', async () => {
  const waiting: (() => void)[] = [];
  worker
    .handle('config.prepare', () => new Promise((resolve) => waiting.push(() => resolve(null))))
    .handle('metrics', () => []);
  const slow = primary.ask('config.prepare', EDITION, 5_000);
  expect(await primary.ask('metrics', null, 5_000)).toEqual([]);
  waiting[0]?.();
  expect(await slow).toBeNull();
});

test('what is asked and what is told arrive as they were, in order', async () => {
  const seen: unknown[] = [];
  worker.listen('stop', (news) => seen.push(news)).listen('hurry', () => seen.push('hurry'));
  worker.handle('config.commit', (asked) => {
    seen.push(asked);
    return null;
  });
  primary.tell('stop', { isHurried: false });
  primary.tell('hurry', null);
  await primary.ask('config.commit', { edition: 7, actor: ACTOR }, 5_000);
  expect(seen).toEqual([{ isHurried: false }, 'hurry', { edition: 7, actor: ACTOR }]);
});

test('what a handler throws is the reason of the asker', async () => {
  worker.handle('config.prepare', () => {
    throw new Error('models.m has no routes');
  });
  await expect(primary.ask('config.prepare', EDITION, 5_000)).rejects.toThrow('models.m has no routes');
});

test('a question that nobody answers ends at its deadline, and a late answer harms nobody', async () => {
  let answer: (nothing: null) => void = () => undefined;
  worker.handle('config.prepare', () => new Promise((resolve) => (answer = resolve)));
  await expect(primary.ask('config.prepare', EDITION, 30)).rejects.toThrow(
    'no answer to "config.prepare" within 30 ms',
  );
  answer(null);
  worker.handle('metrics', () => []);
  expect(await primary.ask('metrics', null, 5_000)).toEqual([]);
});

test('a question that the other side does not know is refused at once', async () => {
  await expect(primary.ask('metrics', null, 5_000)).rejects.toThrow('nobody answers "metrics" yet');
});

test('when the other side goes, who waits hears it, and who asks later too', async () => {
  worker.handle('config.prepare', () => new Promise(() => undefined));
  const waiting = primary.ask('config.prepare', EDITION, 60_000);
  ports.port2.close();
  await expect(waiting).rejects.toThrow(NoAnswerError);
  await expect(primary.ask('metrics', null, 60_000)).rejects.toThrow('the other process is gone');
});

test('messages of others on the same pipe are left alone', async () => {
  ports.port1.postMessage({ cmd: 'NODE_CLUSTER' });
  ports.port1.postMessage('text');
  ports.port1.postMessage(null);
  worker.handle('metrics', () => []);
  expect(await primary.ask('metrics', null, 5_000)).toEqual([]);
});
