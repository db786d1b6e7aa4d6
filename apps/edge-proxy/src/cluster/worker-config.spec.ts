// A worker's side of the config, and a primary at the other end of a real message port.
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PreparedReload } from '../control/config-reloader.js';
import { WorkerChannel } from './worker-channel.js';
import { WorkerConfig } from './worker-config.js';
import type { ConfigEdition } from './worker-protocol.js';

const ACTOR = { kind: 'operator', name: 'test' } as const;
const editionOf = (edition: number): ConfigEdition => ({ edition, text: `text ${edition}` });

let ports: MessageChannel;
let primary: WorkerChannel;
let config: WorkerConfig;
let current: ConfigEdition;
let used: string[];

beforeEach(() => {
  ports = new MessageChannel();
  const [atPrimary, atWorker] = [ports.port1, ports.port2].map(
    (port) =>
      new WorkerChannel({
        send: (message) => port.postMessage(message),
        onMessage: (listener) => void port.on('message', listener),
        onClose: (listener) => void port.on('close', listener),
      }),
  );
  current = editionOf(0);
  used = [];
  primary = atPrimary!.handle('config.current', () => current);
  const reloader = {
    // Of what is prepared only the text is looked at.
    prepare: (text: string) => ({ text }) as PreparedReload,
    commit: ({ text }: PreparedReload) => {
      used.push(text);
      return { ok: true, version: text, changes: [], detail: null, needRestart: [] } as const;
    },
  };
  config = new WorkerConfig({ channel: atWorker!, reloader, edition: 0 });
});
afterEach(() => ports.port1.close());

test('what was prepared is put to use when told, not before', async () => {
  await primary.ask('config.prepare', editionOf(1), 5_000);
  expect([used, config.edition]).toEqual([[], 0]);
  await primary.ask('config.commit', { edition: 1, actor: ACTOR }, 5_000);
  expect([used, config.edition]).toEqual([['text 1'], 1]);
});

test('a worker that got ready between the two steps of a reload takes the new config all the same', async () => {
  current = editionOf(1);
  await primary.ask('config.commit', { edition: 1, actor: ACTOR }, 5_000);
  expect([used, config.edition]).toEqual([['text 1'], 1]);
});

test('catching up takes what the primary has now, and nothing when that is in use', async () => {
  await config.catchUp();
  expect(used).toEqual([]);
  current = editionOf(3);
  await config.catchUp();
  await config.catchUp();
  expect([used, config.edition]).toEqual([['text 3'], 3]);
});

test('a commit of what the primary itself does not have is refused', async () => {
  const commit = primary.ask('config.commit', { edition: 2, actor: ACTOR }, 5_000);
  await expect(commit).rejects.toThrow('config edition 2 was not prepared');
  expect(used).toEqual([]);
});
