// Sends chat requests at a steady rate, whether or not answers come, and says at the end what came of them.
// Run by `startScript`.
import { Agent, request } from 'node:http';

/** Its options. */
export interface LoadClientOptions {
  readonly port: number;
  readonly key: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** A page of another port that is asked four times a second meanwhile. */
  readonly probe?: { readonly port: number; readonly path: string };
}

/** Its only line. */
export interface LoadReport {
  /** How many of each status; 0: no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds of those with status 200, sorted. */
  readonly servedMs: readonly number[];
  /** Of those with 503. */
  readonly refusedMs: readonly number[];
  /** Answers with 503 that do not say when to come back. */
  readonly withoutRetryAfter: number;
  /** Of the probe's answers with status 200; its failures are -1. */
  readonly probeMs: readonly number[];
}

const options = JSON.parse(process.argv[2] ?? '{}') as LoadClientOptions;
const agent = new Agent({ keepAlive: true, maxSockets: 512 });
const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
const headers = {
  authorization: `Bearer ${options.key}`,
  'content-type': 'application/json',
  'content-length': body.length,
};

const statuses: Record<string, number> = {};
const servedMs: number[] = [];
const refusedMs: number[] = [];
const probeMs: number[] = [];
let withoutRetryAfter = 0;
let open = 0;

function send(): void {
  const startedMs = performance.now();
  open += 1;
  const end = (status: number): void => {
    open -= 1;
    statuses[status] = (statuses[status] ?? 0) + 1;
    const ms = performance.now() - startedMs;
    if (status === 200) servedMs.push(ms);
    if (status === 503) refusedMs.push(ms);
  };
  const call = request(
    { host: '127.0.0.1', port: options.port, path: '/v1/chat/completions', method: 'POST', headers, agent },
    (response) => {
      if (response.statusCode === 503 && response.headers['retry-after'] === undefined) withoutRetryAfter += 1;
      response.resume().once('end', () => end(response.statusCode ?? 0));
    },
  );
  call.on('error', () => end(0));
  call.end(body);
}

function probe({ port, path }: { readonly port: number; readonly path: string }): void {
  const startedMs = performance.now();
  const call = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
    response.resume().once('end', () => {
      probeMs.push(response.statusCode === 200 ? performance.now() - startedMs : -1);
    });
  });
  call.on('error', () => probeMs.push(-1));
  call.end();
}

const startedMs = performance.now();
let sent = 0;
const clock = setInterval(() => {
  const elapsedMs = Math.min(performance.now() - startedMs, options.seconds * 1000);
  for (const due = Math.floor((elapsedMs / 1000) * options.perSecond); sent < due; sent += 1) send();
  if (elapsedMs < options.seconds * 1000 || open > 0) return;
  clearInterval(clock);
  clearInterval(probes);
  const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
  const report: LoadReport = {
    statuses,
    servedMs: sorted(servedMs),
    refusedMs: sorted(refusedMs),
    withoutRetryAfter,
    probeMs: sorted(probeMs),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
}, 5);
const probes = setInterval(() => {
  if (options.probe !== undefined) probe(options.probe);
}, 250);
