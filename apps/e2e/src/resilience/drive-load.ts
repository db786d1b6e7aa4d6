// Sends requests at a steady pace and keeps what the client saw of each.
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** One request. */
export interface Ask {
  readonly model: string;
  readonly stream?: boolean;
  /** What the user says. */
  readonly content?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client hangs up then. */
  readonly abortAfterMs?: number;
}

/** What the client saw. */
export interface Seen {
  readonly requestId: string;
  /** Null when the connection ended before an answer did. */
  readonly status: number | null;
  /** Of the error in the answer. */
  readonly code: string | null;
  /** Of the header, seconds. */
  readonly retryAfter: number | null;
  readonly body: string;
  /** When it was sent, on the clock of this process. */
  readonly sentMs: number;
  readonly tookMs: number;
}

/** Where to send to. */
export interface Gateway {
  readonly url: string;
  readonly key: string;
}

export interface Drive {
  readonly requests: number;
  readonly perSecond: number;
  readonly ask: (index: number) => Ask;
}

const REQUEST_TIMEOUT_MS = 60_000;
const SLICE_MS = 10;
const MAX_TURNED_AWAY = 50;
const TURNED_AWAY_MS = 100;
let drives = 0;

/** An open loop: a slow answer delays no other request. The outcomes are in the order of sending. */
export async function drive(gateway: Gateway, { requests, perSecond, ask }: Drive): Promise<readonly Seen[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const prefix = `drive-${(drives += 1)}`;
  const startedMs = performance.now();
  const under: Promise<Seen>[] = [];
  while (under.length < requests) {
    const due = Math.min(requests, Math.ceil(((performance.now() - startedMs) / 1000) * perSecond));
    while (under.length < due) {
      under.push(
        sendUntilTaken(gateway, ask(under.length), { agent, requestId: `${prefix}-${under.length}` }),
      );
    }
    // The pace of the load itself, not a wait for something to happen.
    await wait(SLICE_MS);
  }
  const seen = await Promise.all(under);
  agent.destroy();
  return seen;
}

/** One request on a connection of its own. */
export const sendOne = (gateway: Gateway, ask: Ask): Promise<Seen> => {
  const agent = new Agent();
  const how = { agent, requestId: `one-${(drives += 1)}` };
  return sendUntilTaken(gateway, ask, how).finally(() => agent.destroy());
};

interface How {
  readonly agent: Agent;
  readonly requestId: string;
}

/**
 * On a machine that is busy with other things the edge may turn a request away before it looks at it (`overloaded`).
 * That is another suite's subject: it is sent again, as a client would do.
 */
async function sendUntilTaken(gateway: Gateway, ask: Ask, how: How): Promise<Seen> {
  for (let again = 1; ; again += 1) {
    const seen = await send(gateway, ask, how);
    if (seen.code !== 'overloaded' || again > MAX_TURNED_AWAY) return seen;
    console.info(`${how.requestId} was turned away: ${seen.body}`);
    await wait(TURNED_AWAY_MS);
    how = { ...how, requestId: `${how.requestId}-again` };
  }
}

function send(
  gateway: Gateway,
  { model, stream, content = 'hello', headers, abortAfterMs }: Ask,
  { agent, requestId }: How,
): Promise<Seen> {
  const body = JSON.stringify({
    model,
    ...(stream === true ? { stream } : {}),
    messages: [{ role: 'user', content }],
  });
  const sentMs = performance.now();
  return new Promise((resolve) => {
    const finish = (status: number | null, text: string, response?: IncomingMessage): void => {
      const retryAfter = response?.headers['retry-after'];
      resolve({
        requestId,
        status,
        code: codeIn(text),
        retryAfter: retryAfter === undefined ? null : Number(retryAfter),
        body: text,
        sentMs,
        tookMs: performance.now() - sentMs,
      });
    };
    const call = request(
      `${gateway.url}/v1/chat/completions`,
      {
        agent,
        method: 'POST',
        timeout: REQUEST_TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${gateway.key}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-request-id': requestId,
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => finish(response.statusCode ?? null, text, response));
        response.on('error', () => finish(null, text, response));
      },
    );
    call.on('error', () => finish(null, ''));
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.end(body);
    if (abortAfterMs !== undefined) setTimeout(() => call.destroy(new Error('hung up')), abortAfterMs);
  });
}

/** The code of the error that an answer, or the last event of a stream, is. */
const codeIn = (text: string): string | null => /"code":"([a-z_]+)"/.exec(text)?.[1] ?? null;

/** How often each answer came: by status, or `broken`. */
export function countByStatus(seen: readonly Seen[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of seen) counts[status ?? 'broken'] = (counts[status ?? 'broken'] ?? 0) + 1;
  return counts;
}

/** The value that a share of all values does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
