// The ledger law: what the provider served is what the database says, request by request and token by token.
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { waitFor } from '@sluice/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sluice, startSluice } from './harness/start-sluice.js';
import { ledgerLoad } from './ledger-equality.config.js';

const EVERY_NTH_STREAMS = 5;
const SLICE_MS = 20;

let sluice: Sluice;
beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice[Symbol.asyncDispose]());

it(
  `${ledgerLoad.requests} requests at ${ledgerLoad.perSecond}/s are as many rows, with the token sums of the provider's ledger`,
  { timeout: 120_000 + (ledgerLoad.requests / ledgerLoad.perSecond) * 3_000 },
  async () => {
    await sluice.demo.clear();
    const startedMs = performance.now();
    const statuses = await drive(ledgerLoad.requests);
    const tookMs = performance.now() - startedMs;
    expect(statuses).toEqual({ 200: ledgerLoad.requests });

    const totals = await waitFor(
      async () => {
        const found = await sums();
        return found.rows === ledgerLoad.requests ? found : undefined;
      },
      { timeoutMs: 60_000, message: () => `all rows; the logger says:\n${sluice.logTail('logger')}` },
    );
    const ledger = await sluice.demo.totals();
    expect(ledger.distinctAttemptIds).toBe(ledgerLoad.requests);
    expect(totals).toEqual({
      rows: ledger.succeeded.servings,
      events: ledgerLoad.requests,
      attempts: ledger.all.servings,
      input: ledger.succeeded.promptTokens,
      output: ledger.succeeded.completionTokens,
    });
    await expectEachServingInOneRow();
    const rate = Math.round((ledgerLoad.requests / tookMs) * 1000);
    process.stdout.write(
      `ledger: ${ledger.succeeded.servings} servings, ${ledger.succeeded.promptTokens} + ${ledger.succeeded.completionTokens} tokens; ` +
        `request_log: ${totals.rows} rows, ${totals.input} + ${totals.output} tokens; ${rate} requests/s\n`,
    );
  },
);

/** Counts and sums of all rows, as numbers. */
async function sums(): Promise<Record<'rows' | 'events' | 'attempts' | 'input' | 'output', number>> {
  const [row] = await sluice.query(
    `select count(*)::int as rows, count(distinct event_id)::int as events,
            coalesce(sum(jsonb_array_length(attempts)), 0)::int as attempts,
            coalesce(sum(input_tokens), 0)::int as input, coalesce(sum(output_tokens), 0)::int as output
     from request_log where outcome = 'succeeded' and status = 200`,
  );
  return row as Record<'rows' | 'events' | 'attempts' | 'input' | 'output', number>;
}

async function expectEachServingInOneRow(): Promise<void> {
  const rows = await sluice.query(
    `select attempt->>'attemptId' as id, (attempt->'tokens'->>'input')::int as input, (attempt->'tokens'->>'output')::int as output
     from request_log, jsonb_array_elements(attempts) as attempt`,
  );
  const recorded = new Map(
    rows.map((row) => [row['id'], `${String(row['input'])}+${String(row['output'])}`]),
  );
  const servings = await allServings();
  const wrong = servings.filter(
    (serving) => recorded.get(serving.attemptId) !== `${serving.promptTokens}+${serving.completionTokens}`,
  );
  expect([recorded.size, servings.length, wrong]).toEqual([ledgerLoad.requests, ledgerLoad.requests, []]);
}

async function allServings(): Promise<Awaited<ReturnType<Sluice['demo']['servings']>>> {
  const all = [];
  for (let after = 0; ;) {
    const page = await sluice.demo.servings(after);
    const last = page.at(-1);
    if (last === undefined) return all;
    all.push(...page);
    after = last.seq;
  }
}

/** Sends at a steady rate, an open loop: a slow answer delays no other request. Counts answers by status. */
async function drive(count: number): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const statuses: Record<string, number> = {};
  const startedMs = performance.now();
  const under: Promise<void>[] = [];
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedMs) / 1000) * ledgerLoad.perSecond));
    for (; sent < due; sent += 1) {
      under.push(
        ask(agent, sent).then((status) => {
          statuses[status] = (statuses[status] ?? 0) + 1;
        }),
      );
    }
    // The pace of the load itself, not a wait for something to happen.
    await wait(SLICE_MS);
  }
  await Promise.all(under);
  agent.destroy();
  return statuses;
}

/** One request, read to its end; whole answers and streams in turn. */
function ask(agent: Agent, number: number): Promise<string> {
  const stream = number % EVERY_NTH_STREAMS === 0;
  const body = JSON.stringify({
    model: 'demo-fast',
    ...(stream ? { stream } : {}),
    messages: [
      {
        role: 'user',
        content: `Request number ${number}: say something about ${'order '.repeat(number % 17)}`,
      },
    ],
  });
  return new Promise((resolve) => {
    const call = request(
      `${sluice.edgeUrl}/v1/chat/completions`,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${sluice.apiKey}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
        response.on('error', () => resolve('broken'));
      },
    );
    call.on('error', () => resolve('unanswered'));
    call.end(body);
  });
}
