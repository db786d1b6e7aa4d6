// The ledger law: what the provider served is what every one of our books says, request by request and token by token:
// request_log, the roll-ups, the hourly files, and both formats of the export on demand.
import { kill } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { waitFor } from '@sluice/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Sluice, startSluice } from './harness/start-sluice.js';
import {
  type Book,
  type BookTotals,
  readContinuousFiles,
  readDownload,
  readRequestLog,
  readRollUps,
  readServings,
} from './ledger-equality-books.js';
import { driveLedger, LEDGER_CONFIG } from './ledger-equality-load.js';
import { ledgerLoad } from './ledger-equality.config.js';

/** A killed consumer's messages come again after AckWait, 30 s. */
const ALL_THERE_MS = 120_000;
const CONSUMERS = ['export', 'metrics-aggregator'] as const;
const KILLS = 3;

let sluice: Sluice;
beforeEach(async () => {
  sluice = await startSluice({ configText: LEDGER_CONFIG });
});
afterEach(() => sluice[Symbol.asyncDispose]());

const timeoutFor = (requests: number): number =>
  180_000 + ALL_THERE_MS + (requests / ledgerLoad.perSecond) * 5_000;

it(
  `${ledgerLoad.requests} requests at ${ledgerLoad.perSecond}/s in both dialects: every book has the provider's sums`,
  { timeout: timeoutFor(ledgerLoad.requests) },
  async () => {
    const startedMs = performance.now();
    const statuses = await driveLedger(sluice, ledgerLoad);
    const rate = Math.round((ledgerLoad.requests / (performance.now() - startedMs)) * 1000);
    expect(statuses).toEqual({ 200: ledgerLoad.requests });
    await expectEqualBooks(ledgerLoad.requests, rate);
  },
);

it(
  `the same while export and metrics-aggregator are killed with -9 again and again`,
  { timeout: timeoutFor(ledgerLoad.killedRequests) },
  async () => {
    const over = new AbortController();
    const killing = killInTurn(over.signal);
    const startedMs = performance.now();
    const statuses = await driveLedger(sluice, { ...ledgerLoad, requests: ledgerLoad.killedRequests });
    const rate = Math.round((ledgerLoad.killedRequests / (performance.now() - startedMs)) * 1000);
    over.abort();
    expect(await killing).toBeGreaterThanOrEqual(KILLS);
    expect(statuses).toEqual({ 200: ledgerLoad.killedRequests });
    await expectEqualBooks(ledgerLoad.killedRequests, rate);
  },
);

/** Kills each consumer as soon as it is back; gives how many kills there were. */
async function killInTurn(over: AbortSignal): Promise<number> {
  let kills = 0;
  const lastPids = new Map<string, number>();
  while (!over.aborted || kills < KILLS) {
    for (const service of CONSUMERS) {
      const pid = sluice.readStartFile().pids[service];
      if (typeof pid !== 'number' || pid === lastPids.get(service)) continue;
      lastPids.set(service, pid);
      kill(pid, 'SIGKILL');
      kills += 1;
    }
    // Time for a new one to begin with something, which is what the next kill has to hit.
    await wait(1_500, undefined, { ref: true });
  }
  return kills;
}

async function expectEqualBooks(requests: number, rate: number): Promise<void> {
  let seen: Record<string, BookTotals> = {};
  await waitFor(
    async () => {
      seen = { requestLog: totalsOf(await readRequestLog(sluice)), rollUps: await readRollUps(sluice) };
      seen = { ...seen, files: totalsOf(readContinuousFiles(sluice)) };
      return Object.values(seen).every((totals) => totals.requests >= requests);
    },
    {
      timeoutMs: ALL_THERE_MS,
      intervalMs: 500,
      message: () => `all requests in all books: ${JSON.stringify(seen)}`,
    },
  );
  const ledger = await sluice.demo.totals();
  const books = {
    request_log: await readRequestLog(sluice),
    'hourly files': readContinuousFiles(sluice),
    CSV: await readDownload(sluice, 'csv'),
    JSONL: await readDownload(sluice, 'jsonl'),
  };
  const cost = books.request_log.costUsdNanos;
  const expected: BookTotals = {
    requests: ledger.succeeded.servings,
    attempts: ledger.all.servings,
    input: ledger.succeeded.promptTokens,
    output: ledger.succeeded.completionTokens,
    costUsdNanos: cost,
  };
  expect(ledger.succeeded.servings).toBe(requests);
  expect(ledger.all.servings).toBeGreaterThan(requests);
  expect(cost).toBeGreaterThan(0);
  expect({ 'roll-ups': await readRollUps(sluice) }).toEqual({ 'roll-ups': expected });
  const servings = await readServings(sluice);
  expect(servings).toHaveLength(ledger.all.servings);
  for (const [name, book] of Object.entries(books)) {
    expect({ [name]: totalsOf(book) }).toEqual({ [name]: expected });
    const wrong = servings.filter(
      ({ attemptId, status, promptTokens, completionTokens }) =>
        book.byAttempt.get(attemptId) !== (status === 200 ? `${promptTokens}+${completionTokens}` : '0+0'),
    );
    expect({ [name]: wrong }).toEqual({ [name]: [] });
  }
  process.stdout.write(
    `ledger = request_log = roll-ups = hourly files = CSV = JSONL: ${expected.requests} requests, ${expected.attempts} attempts, ` +
      `${expected.input} + ${expected.output} tokens; in ours ${cost} nano-USD each; ${rate} requests/s\n`,
  );
}

const totalsOf = ({ requests, attempts, input, output, costUsdNanos }: Book): BookTotals => ({
  requests,
  attempts,
  input,
  output,
  costUsdNanos,
});
