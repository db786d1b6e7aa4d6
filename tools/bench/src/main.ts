// npm run bench [-- --seconds 2 --rounds 5 --connections 64 --bytes 1024 --kind plain|stream|translation|translation-stream --against <folder>]
// Interleaved rounds in alternating order on one machine; every figure is a ratio to the baseline of its own round.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, parseArgs } from 'node:util';
import { connectNats, ensureTopology } from '@sluice/bus/publishing';
import { freePort, startNats } from '@sluice/private-services';
import { BenchProcess } from './bench-process.js';
import type { LoadResult } from './load-result.js';
import { formatTable, type Round } from './report.js';
import { againstCheckout, type Gateway, KINDS, type Target } from './targets.js';

const run = promisify(execFile);
const HERE = import.meta.dirname;
const LOAD_CORE = 1;
const EVENTS_PER_STREAM = 100;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    bytes: { type: 'string', default: '1024' },
    kind: { type: 'string', default: 'plain' },
    against: { type: 'string' },
  },
});

await main();

async function main(): Promise<void> {
  const named = KINDS.get(values.kind);
  const kind =
    values.against === undefined || named === undefined ? named : againstCheckout(values.against, named);
  if (kind === undefined) throw new Error(`--kind must be one of ${[...KINDS.keys()].join(', ')}`);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const processes: BenchProcess[] = [];
  await pinToLoadCore();
  const nats = await startNats({
    dataDir: dir,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  try {
    await makeStreams(nats.url);
    const upstreamPort = await freePort();
    const mock = new BenchProcess({
      script: join(HERE, 'mock-upstream.js'),
      args: [String(upstreamPort)],
      env: { PATH: process.env['PATH'] },
      core: LOAD_CORE,
    });
    processes.push(mock);
    await mock.listening(upstreamPort);
    const running = new Map<Gateway, Running>();
    for (const { gateway } of kind.targets) {
      if (running.has(gateway)) continue;
      const port = await freePort();
      const child = gateway.start({ port, upstreamPort, natsUrl: nats.url, dir, path: process.env['PATH'] });
      processes.push(child);
      await child.listening(port);
      running.set(gateway, { port, child });
    }
    const rounds: Round[] = [];
    const started = kind.targets.flatMap((target): Started[] => {
      const gateway = running.get(target.gateway);
      return gateway === undefined ? [] : [{ ...gateway, target, isStream: kind.isStream }];
    });
    for (const each of started) await measure(each, 1);
    for (let index = 0; index < Number(values.rounds); index += 1) {
      for (const each of index % 2 === 0 ? started : started.toReversed()) {
        rounds.push({ round: index, ...(await measure(each, Number(values.seconds))) });
      }
      process.stderr.write(`round ${index + 1} of ${values.rounds}\n`);
    }
    const title = `${values.kind}, ${values.bytes} bytes, ${values.connections} connections, ${values.rounds} rounds of ${values.seconds} s`;
    process.stdout.write(
      formatTable(
        title,
        rounds,
        kind.targets.map((target) => target.name),
      ),
    );
  } finally {
    await Promise.all(processes.map((child) => child.stop()));
    await nats.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Running {
  readonly port: number;
  readonly child: BenchProcess;
}

interface Started extends Running {
  readonly target: Target;
  readonly isStream: boolean;
}

async function measure(started: Started, seconds: number): Promise<Omit<Round, 'round'>> {
  const { port, child, target, isStream } = started;
  const before = child.cpuUs();
  const kind = isStream ? 'stream' : 'plain';
  const { connections, bytes } = values;
  const args = [port, connections, seconds, bytes, kind, target.client, target.provider].map(String);
  const { stdout } = await run(process.execPath, [join(HERE, 'load-generator.js'), ...args], {
    timeout: 90_000,
  });
  // Printed by our own load generator.
  const load = JSON.parse(stdout) as LoadResult;
  const cpuUs = child.cpuUs() - before;
  const units = isStream ? load.answered * EVENTS_PER_STREAM : load.answered;
  return {
    target: target.name,
    load,
    cpuUsPerUnit: cpuUs / Math.max(1, units),
    rssMb: child.rssMb(),
  };
}

async function makeStreams(url: string): Promise<void> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const link = connectNats({ url, name: 'bench', log: silent });
  await ensureTopology(await link.ready, { log: silent });
  await link.close();
}

/** What is started without a core of its own (NATS, the load) inherits this one. */
async function pinToLoadCore(): Promise<void> {
  await run('taskset', ['-a', '-cp', String(LOAD_CORE), String(process.pid)]).catch(() =>
    process.stderr.write('taskset is missing: targets and load share all cores, differences mean less\n'),
  );
}
