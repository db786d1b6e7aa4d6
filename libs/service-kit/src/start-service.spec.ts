import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { instanceName } from './instance-name.js';
import { maskSecrets } from './secret-mask.js';
import { type ServiceContext, type ServiceOptions, startService } from './start-service.js';

const CONFIG = { logLevel: 'silent', opsHost: '127.0.0.1', opsPort: 0, instance: undefined, word: '' };
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

type Listener = (...facts: readonly unknown[]) => unknown;
const listenersOf = (event: string): Listener[] =>
  process.listeners(event as 'uncaughtException') as Listener[];

/** Listeners that were there before. */
let strangers: Set<Listener>;
let said: string[];
const exit = vi.fn();

beforeEach(() => {
  said = [];
  strangers = new Set([...EVENTS, 'exit'].flatMap(listenersOf));
  vi.spyOn(process, 'exit').mockImplementation(exit as never);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  exit.mockClear();
  for (const event of [...EVENTS, 'exit']) {
    for (const listener of ownListenersOf(event)) process.off(event, listener);
  }
});

/** Those that a start has added. */
const ownListenersOf = (event: string): Listener[] =>
  listenersOf(event).filter((listener) => !strangers.has(listener));

const start = (options: Partial<ServiceOptions<typeof CONFIG>>): Promise<void> =>
  startService({
    service: 'baker',
    readConfig: () => CONFIG,
    secretsOf: ({ word }) => (word === '' ? [] : [word]),
    run: () => Promise.reject(new Error('not to be run')),
    ...options,
  });

test('what is secret is masked before the service runs and logs', async () => {
  const word = 'secret-of-the-first-test';
  const seen: string[] = [];
  await start({
    readConfig: () => ({ ...CONFIG, word }),
    run: () => {
      seen.push(maskSecrets(`it is ${word}`));
      return Promise.resolve({ stop: () => Promise.resolve(), signal: new AbortController().signal });
    },
  });
  expect(seen).toEqual(['it is [masked]']);
  expect(said).toEqual([]);
});

test('the service is run with its name, its config, and the name of this process, given or made', async () => {
  const contexts: ServiceContext<typeof CONFIG>[] = [];
  const run = (context: ServiceContext<typeof CONFIG>): Promise<never> => {
    contexts.push(context);
    return Promise.reject(new Error('seen'));
  };
  await start({ run });
  await start({ run, readConfig: () => ({ ...CONFIG, instance: 'baker-1' as never }) });
  expect(contexts.map(({ service, instance }) => [service, instance])).toEqual([
    ['baker', instanceName('baker')],
    ['baker', 'baker-1'],
  ]);
  expect(contexts[0]!.config).toBe(CONFIG);
});

test('an error that nobody catches stops a service that runs, with exit code 1', async () => {
  const stop = vi.fn(() => Promise.resolve());
  await start({ run: () => Promise.resolve({ stop, signal: new AbortController().signal }) });
  for (const event of EVENTS) for (const guard of ownListenersOf(event)) guard(new Error('a bug'));
  expect(stop.mock.calls).toEqual(EVENTS.map((event) => [event, 1]));
});

test.each([
  ['read its environment', { readConfig: () => fail('PORT must be a number') }, 'PORT must be a number'],
  ['run', { run: () => Promise.reject(new Error('port 80 is in use')) }, 'port 80 is in use'],
])('a service that cannot %s is one text on stderr and exit code 1', async (_, options, reason) => {
  await start(options);
  expect(said).toEqual([`baker: ${reason}\n`]);
  expect(exit.mock.calls).toEqual([[1]]);
});

test('the text of a start that fails shows no secret', async () => {
  const word = 'secret-of-the-last-test';
  await start({ readConfig: () => ({ ...CONFIG, word }), run: () => fail(`cannot open ${word}`) });
  expect(said).toEqual(['baker: cannot open [masked]\n']);
});

function fail(reason: string): never {
  throw new Error(reason);
}
