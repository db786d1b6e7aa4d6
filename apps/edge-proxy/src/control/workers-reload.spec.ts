import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PreparedReload, ReloadReport } from './config-reloader.js';
import { ConfigFileError } from './config-source.js';
import { WorkerReloads } from './worker-reloads.js';
import { type ReloadableWorker, WorkersReload } from './workers-reload.js';

const ACTOR = { kind: 'operator', name: 'SIGHUP' } as const;

/** One process's config, as a version; `text` is the version. */
class Process {
  version = 'old';
  /** What it cannot take. */
  refuses = '';
  readonly prepared: string[] = [];

  prepare(text: string): PreparedReload {
    if (text === this.refuses) throw new ConfigFileError('no', { problems: [`${text} is broken`] });
    this.prepared.push(text);
    // Only the text matters here.
    return { text } as PreparedReload;
  }

  commit({ text }: PreparedReload): ReloadReport {
    this.version = text;
    return { ok: true, version: text, changes: [], detail: null, needRestart: [] };
  }

  refuse(error: unknown): ReloadReport {
    const problems = error instanceof ConfigFileError ? error.problems : [String(error)];
    return { ok: false, version: this.version, problems };
  }
}

/** A primary with workers in one process; messages cross as JSON, one turn later. */
function cluster(count: number) {
  const primary = new Process();
  let file = 'new';
  let failed = 0;
  const workers: (ReloadableWorker & {
    readonly process: Process;
    isDeaf: boolean;
    isGone: boolean;
    replaced: number;
  })[] = [];
  const add = (name: string) => {
    const process = new Process();
    const inside = new WorkerReloads(process, (answer) => {
      const json = JSON.stringify(answer);
      setImmediate(() => {
        if (!worker.isDeaf) reloads.take(worker, JSON.parse(json));
      });
    });
    const worker = {
      name,
      process,
      isDeaf: false,
      isGone: false,
      replaced: 0,
      send: (order: unknown) => {
        const json = JSON.stringify(order);
        setImmediate(() => inside.take(JSON.parse(json)));
        return !worker.isGone;
      },
      replace: () => {
        worker.replaced += 1;
      },
    };
    workers.push(worker);
    return worker;
  };
  const reloads = new WorkersReload({
    reloader: primary,
    readText: () => file,
    workers: () => workers,
    onFailed: () => (failed += 1),
    timeoutMs: 50,
  });
  for (let index = 1; index <= count; index += 1) add(`worker ${index}`);
  return {
    primary,
    workers,
    reloads,
    add,
    failures: () => failed,
    write: (text: string) => (file = text),
    versions: () => workers.map(({ process }) => process.version),
  };
}

test('the edge answers when all of its workers have swapped', async () => {
  const { reloads, versions, primary } = cluster(3);
  const report = await reloads.reload(ACTOR);
  expect(report).toMatchObject({ ok: true, version: 'new' });
  expect([...versions(), primary.version]).toEqual(['new', 'new', 'new', 'new']);
});

test('a broken file reaches no worker', async () => {
  const { reloads, primary, workers, versions } = cluster(2);
  primary.refuses = 'new';
  expect(await reloads.reload(ACTOR)).toEqual({ ok: false, version: 'old', problems: ['new is broken'] });
  expect(versions()).toEqual(['old', 'old']);
  expect(workers.map(({ process }) => process.prepared)).toEqual([[], []]);
});

test('a worker that cannot take it keeps all at the old config, and the edge says which one and why', async () => {
  const { reloads, workers, versions, primary, failures } = cluster(3);
  workers[1]!.process.refuses = 'new';
  expect(await reloads.reload(ACTOR)).toEqual({
    ok: false,
    version: 'old',
    problems: ['worker 2: new is broken'],
  });
  expect([...versions(), primary.version]).toEqual(['old', 'old', 'old', 'old']);
  expect(failures()).toBe(1);
  // What the others had made ready cannot be put to use later.
  await turn();
  for (const { process } of workers) expect(process.version).toBe('old');
});

test.each([
  ['does not answer', 'no answer within 0.05 s', (worker: { isDeaf: boolean }) => (worker.isDeaf = true)],
  ['is gone', 'it has ended', (worker: { isGone: boolean }) => (worker.isGone = true)],
] as const)('a worker that %s fails the reload, before anybody has swapped', async (_, problem, spoil) => {
  const { reloads, workers, versions } = cluster(2);
  spoil(workers[0]!);
  expect(await reloads.reload(ACTOR)).toMatchObject({ ok: false, problems: [`worker 1: ${problem}`] });
  expect(versions()).toEqual(['old', 'old']);
});

test('a worker that ends between its yes and the swap is replaced, and the reload is told as failed', async () => {
  const { reloads, workers, versions, primary } = cluster(2);
  const [first] = workers;
  const send = first!.send.bind(first);
  first!.send = (order) => {
    if (order.kind !== 'config.commit') return send(order);
    setImmediate(() => reloads.onWorkerGone(first!));
    return true;
  };
  const report = await reloads.reload(ACTOR);
  expect(report).toMatchObject({
    ok: false,
    version: 'new',
    problems: ['worker 1: it has ended; it is replaced by one with the new config'],
  });
  expect([versions()[1], primary.version, first!.replaced]).toEqual(['new', 'new', 1]);
});

test('a worker that comes during a reload is brought along', async () => {
  const { reloads, workers, add, versions } = cluster(1);
  const send = workers[0]!.send.bind(workers[0]);
  workers[0]!.send = (order) => {
    if (order.kind === 'config.commit') add('worker 2');
    return send(order);
  };
  expect(await reloads.reload(ACTOR)).toMatchObject({ ok: true });
  expect(versions()).toEqual(['new', 'new']);
});

test('reloads come one after the other, each with the file as it is then', async () => {
  const { reloads, write, workers } = cluster(2);
  write('one');
  const first = reloads.reload(ACTOR);
  const second = reloads.reload(ACTOR);
  expect(await first).toMatchObject({ version: 'one' });
  write('two');
  expect(await second).toMatchObject({ ok: true });
  for (const { process } of workers) expect(process.prepared).toHaveLength(2);
  write('three');
  expect(await reloads.reload(ACTOR)).toMatchObject({ version: 'three' });
});

test('messages of others, and answers to reloads that are over, change nothing', async () => {
  const { reloads, workers, versions } = cluster(1);
  for (const message of [null, 'x', { kind: 'ready' }, { kind: 'config.prepared', id: 99, problems: null }]) {
    reloads.take(workers[0]!, message);
    workers[0]!.send(message as never);
  }
  workers[0]!.send({ kind: 'config.commit', id: 5, actor: ACTOR });
  await turn();
  await turn();
  expect(versions()).toEqual(['old']);
});
