// The pages beside /healthz, /readyz and /metrics: the ledger and the faults of the next requests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { ArmedFault, FaultBook } from '../faults/fault-book.js';
import { faultsFromJson } from '../faults/faults-from-header.js';
import { FaultSyntaxError } from '../faults/parse-fault.js';
import type { Concurrency } from '../http/concurrency.js';
import type { ConnectionGate } from '../http/connection-gate.js';
import type { Ledger } from '../ledger/ledger.js';

/** What the pages show and change. */
export interface OpsPagesContext {
  readonly ledger: Ledger;
  readonly faults: FaultBook;
  readonly concurrency: Concurrency;
  readonly gate: ConnectionGate;
}

type Page = (context: OpsPagesContext, request: IncomingMessage, response: ServerResponse) => void;

const PAGES: Readonly<Record<string, Page>> = {
  'GET /ledger': ({ ledger }, request, response) => sendLedger(ledger, request, response),
  'GET /ledger/totals': ({ ledger, concurrency }, _request, response) =>
    sendJson(response, 200, { ...ledger.readTotals(), concurrency: concurrency.read() }),
  'DELETE /ledger': ({ ledger, concurrency }, _request, response) => {
    ledger.clear();
    concurrency.resetPeaks();
    sendJson(response, 200, ledger.readTotals());
  },
  'GET /faults': ({ faults }, _request, response) =>
    sendJson(response, 200, { faults: faults.armed().map(toView) }),
  'POST /faults': ({ faults }, request, response) => armFault(faults, request, response),
  'DELETE /faults': ({ faults, gate }, _request, response) => {
    faults.clear();
    gate.clear();
    sendJson(response, 200, { faults: [] });
  },
};

/** Answers the provider's own ops pages; false for every other path. */
export function answerOpsPage(
  context: OpsPagesContext,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const route = `${request.method ?? ''} ${path}`;
  const page = Object.hasOwn(PAGES, route) ? PAGES[route] : undefined;
  if (page !== undefined) {
    page(context, request, response);
    return true;
  }
  const allowed = Object.keys(PAGES).filter((known) => known.endsWith(` ${path}`));
  if (allowed.length === 0) return false;
  const methods = allowed.map((known) => known.split(' ', 1)[0]).join(', ');
  response.setHeader('allow', methods);
  sendJson(response, 405, { error: `only ${methods}` });
  return true;
}

const MOST_BODY_BYTES = 64 * 1024;

const armSchema = z.strictObject({
  fault: z.unknown(),
  next: z.number().int().min(1).max(1_000_000_000).default(1),
  model: z.string().min(1).optional(),
});

const pageSchema = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).default(Number.MAX_SAFE_INTEGER),
});

function sendLedger(ledger: Ledger, request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? '', 'http://ops');
  const asked = pageSchema.safeParse(Object.fromEntries(searchParams));
  if (!asked.success) {
    sendJson(response, 400, { error: "'after' and 'limit' are whole numbers from 0 and 1." });
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/jsonl; charset=utf-8',
    'cache-control': 'no-store',
  });
  // The reader sets the pace: at most two blocks are in memory. Who leaves early ends the reading.
  const lines = Readable.from(ledger.read(asked.data.after, asked.data.limit), { highWaterMark: 1 });
  pipeline(lines, response).catch(() => response.destroy());
}

function armFault(faults: FaultBook, request: IncomingMessage, response: ServerResponse): void {
  readSmallBody(request, (text) => {
    try {
      const asked = armSchema.parse(JSON.parse(text));
      const parsed = faultsFromJson(asked.fault);
      sendJson(response, 201, toView(faults.arm(parsed, asked.next, asked.model)));
    } catch (error) {
      sendJson(response, 400, { error: whyNot(error) });
    }
  });
}

function whyNot(error: unknown): string {
  if (error instanceof FaultSyntaxError || error instanceof RangeError) return error.message;
  const example = '{"fault": "cut:200", "next": 5, "model": "demo-chat"}';
  return `The body should be JSON like ${example}; next and model may be absent.`;
}

function readSmallBody(request: IncomingMessage, onBody: (text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
  });
  request.on('end', () => onBody(bytes <= MOST_BODY_BYTES ? Buffer.concat(chunks).toString() : ''));
}

const toView = ({ id, faults, model, remaining }: ArmedFault): Record<string, unknown> => ({
  id,
  fault: faults.map(({ text }) => text),
  model: model ?? null,
  remaining,
});

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
