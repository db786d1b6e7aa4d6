// What each place says of the same requests, in one form, so that places can be compared.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requestCompletedSchema } from '@sluice/contracts';
import type { LedgerServing } from './harness/demo-ledger.js';
import type { Sluice } from './harness/start-sluice.js';

/** Counts and sums. */
export interface BookTotals {
  readonly requests: number;
  readonly attempts: number;
  readonly input: number;
  readonly output: number;
  readonly costUsdNanos: number;
}

/** One place's account of every request. */
export interface Book extends BookTotals {
  /** Tokens as `input+output` by attempt id; an attempt that stands there twice has both. */
  readonly byAttempt: ReadonlyMap<string, string>;
}

interface BookedRequest {
  readonly eventId: string;
  readonly attempts: readonly {
    readonly attemptId: string;
    readonly tokens: { readonly input: number; readonly output: number };
  }[];
  readonly input: number;
  readonly output: number;
  readonly costUsdNanos: number;
}

const DOWNLOAD_TIMEOUT_MS = 120_000;

/** The rows of `request_log`. */
export async function readRequestLog(sluice: Pick<Sluice, 'query'>): Promise<Book> {
  const rows = await sluice.query(
    `select event_id, attempts, input_tokens::int as input, output_tokens::int as output, cost_usd_nanos::int as cost
     from request_log`,
  );
  return toBook(
    rows.map((row) => ({
      eventId: String(row['event_id']),
      // Written by the logger from a checked event.
      attempts: row['attempts'] as BookedRequest['attempts'],
      input: Number(row['input']),
      output: Number(row['output']),
      costUsdNanos: Number(row['cost']),
    })),
  );
}

/** The minute roll-ups, which know no single request. */
export async function readRollUps(sluice: Pick<Sluice, 'query'>): Promise<BookTotals> {
  const [row] = await sluice.query(
    `select coalesce(sum(requests), 0)::int as requests, coalesce(sum(attempts), 0)::int as attempts,
            coalesce(sum(input_tokens), 0)::int as input, coalesce(sum(output_tokens), 0)::int as output,
            coalesce(sum(cost_usd_nanos), 0)::float8 as "costUsdNanos"
     from metric_minute`,
  );
  return row as unknown as BookTotals; // The columns are named after its fields.
}

/** The hourly files, the running `.part` included. */
export function readContinuousFiles(sluice: Pick<Sluice, 'dataDir'>): Book {
  const folder = join(sluice.dataDir, 'exports');
  const files = readdirSync(folder).filter((name) => /^requests-.*\.jsonl(\.part)?$/.test(name));
  const events = files.flatMap((name) =>
    linesOf(readFileSync(join(folder, name), 'utf8')).map((line) =>
      requestCompletedSchema.parse(JSON.parse(line)),
    ),
  );
  return toBook(
    events.map(({ eventId, attempts, tokens, costUsdNanos }) => ({
      eventId,
      attempts,
      input: tokens.input,
      output: tokens.output,
      costUsdNanos,
    })),
  );
}

/** The export on demand, downloaded whole. */
export async function readDownload(
  sluice: Pick<Sluice, 'exportUrl'>,
  format: 'csv' | 'jsonl',
): Promise<Book> {
  const response = await fetch(`${sluice.exportUrl}/export/requests?format=${format}`, {
    signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the export answers ${response.status}: ${text}`);
  const rows: readonly Record<string, unknown>[] =
    format === 'jsonl'
      ? linesOf(text).map((line) => JSON.parse(line) as Record<string, unknown>) // A row of ours.
      : csvRows(text).map((row) => ({ ...row, attempts: JSON.parse(row['attempts'] ?? '') as unknown }));
  return toBook(
    rows.map((row) => ({
      eventId: String(row['event_id']),
      attempts: row['attempts'] as BookedRequest['attempts'], // As in request_log.
      input: Number(row['input_tokens']),
      output: Number(row['output_tokens']),
      costUsdNanos: Number(row['cost_usd_nanos']),
    })),
  );
}

/** What the provider itself has served, whatever came of it. A failed serving has no tokens. */
export async function readServings(sluice: Pick<Sluice, 'demo'>): Promise<readonly LedgerServing[]> {
  const all: LedgerServing[] = [];
  for (let after = 0; ;) {
    const page = await sluice.demo.servings(after);
    const last = page.at(-1);
    if (last === undefined) return all;
    all.push(...page);
    after = last.seq;
  }
}

function toBook(requests: readonly BookedRequest[]): Book {
  const byAttempt = new Map<string, string>();
  for (const { attemptId, tokens } of requests.flatMap((request) => request.attempts)) {
    const said = `${tokens.input}+${tokens.output}`;
    const before = byAttempt.get(attemptId);
    byAttempt.set(attemptId, before === undefined ? said : `${before} and ${said}`);
  }
  const events = new Set(requests.map(({ eventId }) => eventId));
  if (events.size !== requests.length) {
    throw new Error(`${requests.length - events.size} requests stand there twice`);
  }
  const sum = (of: (request: BookedRequest) => number): number =>
    requests.reduce((total, request) => total + of(request), 0);
  return {
    requests: requests.length,
    attempts: byAttempt.size,
    input: sum((request) => request.input),
    output: sum((request) => request.output),
    costUsdNanos: sum((request) => request.costUsdNanos),
    byAttempt,
  };
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** RFC 4180 with a header. */
function csvRows(text: string): Record<string, string>[] {
  const fields = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  const records: string[][] = [[]];
  for (let match = fields.exec(text); match !== null; match = fields.exec(text)) {
    records.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') records.push([]);
    if (fields.lastIndex === text.length) break;
  }
  const [header = [], ...rows] = records.filter((record) => record.length > 0);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}
