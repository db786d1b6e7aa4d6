import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@sluice/service-kit';
import { ALL_TEAMS, type RequestLogPage } from '@sluice/storage';
import { waitFor } from '@sluice/testing';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { exportedRequest } from '../__fixtures__/exported-request.js';
import { createExportMetrics } from '../export-metrics.js';
import { ExportRunner } from './export-runner.js';

const AFTER = { occurredAt: '2026-01-01T00:00:00.000000Z', eventId: 'e' };

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A runner that gives its readers 100 ms for the least they must take, and how its runs have ended. */
async function serve(readPage: () => Promise<RequestLogPage>) {
  const ended: ('whole' | 'broken')[] = [];
  const runner = new ExportRunner({
    readPage,
    metrics: createExportMetrics(new Registry()),
    log: createLogger({ service: 't', instance: 't', level: 'silent' }),
    readerWindowMs: 100,
  });
  server = createServer((_, response) => {
    const query = { format: 'jsonl', filter: { to: new Date() } } as const;
    void runner
      .run({ query, scope: ALL_TEAMS, response, isHead: false })
      .finally(() => ended.push(response.writableFinished ? 'whole' : 'broken'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = async (): Promise<IncomingMessage> => {
    const sent = request({ port: (server.address() as AddressInfo).port, agent: false });
    sent.end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return answer.on('error', () => undefined).pause();
  };
  return { ended, open };
}

describe('an export', () => {
  it('a client that takes a little now and then, so as to stay, loses its place', async () => {
    const rows = Array.from({ length: 250 }, () => exportedRequest());
    const { ended, open } = await serve(() => Promise.resolve({ rows, next: AFTER }));
    const answer = await open();
    const drip = setInterval(() => void answer.read(100), 20);
    await waitFor(() => ended.length === 1).finally(() => clearInterval(drip));
    expect(ended).toEqual(['broken']);
  });

  it('a client that waits for a slow database keeps its place', async () => {
    let pages = 0;
    const { ended, open } = await serve(async () => {
      pages += 1;
      await delay(250);
      return { rows: [exportedRequest()], next: pages < 4 ? AFTER : undefined };
    });
    const answer = await open();
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    answer.resume();
    await Promise.all([once(answer, 'end'), waitFor(() => ended.length === 1)]);
    expect([ended, text.split('\n').length]).toEqual([['whole'], 5]);
  });
});
