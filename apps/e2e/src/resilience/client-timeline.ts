// What a client sees of one request, with the time of each piece.
import { type IncomingHttpHeaders, request } from 'node:http';
import { EDGE_KEY } from '../harness/edge-process.js';

export interface TimelineEntry {
  /** Since the request was sent. */
  readonly ms: number;
  readonly text: string;
}

export interface ClientTimeline {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly headersMs: number;
  /** Server-sent events and comments, as they came. */
  readonly entries: readonly TimelineEntry[];
  readonly endMs: number;
}

/** Sends one streaming chat request. */
export function recordTimeline(port: number, model: string, requestId: string): Promise<ClientTimeline> {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }] });
  const startedMs = performance.now();
  const sinceMs = (): number => performance.now() - startedMs;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: '/v1/chat/completions',
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${EDGE_KEY}`,
          'content-type': 'application/json',
          'x-request-id': requestId,
        },
      },
      (response) => {
        const headersMs = sinceMs();
        const entries: TimelineEntry[] = [];
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          const events = (rest + text).split('\n\n');
          rest = events.pop() ?? '';
          for (const event of events) entries.push({ ms: sinceMs(), text: event });
        });
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, headersMs, entries, endMs: sinceMs() });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
