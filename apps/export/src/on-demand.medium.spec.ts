// Exports on demand from the built service, over a real Postgres with 50,000 rows.
import { type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { migrateToLatest, openDatabase, type SluiceDatabase } from '@sluice/storage';
import {
  createTestDatabase,
  startTestNats,
  tempDir,
  type TempDir,
  type TestServer,
  waitFor,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExportProcess } from './__fixtures__/export-process.js';
import { fillRequestLog } from './__fixtures__/fill-request-log.js';
import { EXPORT_COLUMNS } from './on-demand/formats/export-columns.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let nats: TestServer;
let dir: TempDir;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: SluiceDatabase;
let service: ExportProcess;
let url: string;
let rowCount: number;

beforeAll(async () => {
  [nats, dir, database] = await Promise.all([startTestNats(), tempDir(), createTestDatabase()]);
  await migrateToLatest(database.url, quiet);
  db = openDatabase({ url: database.url, poolSize: 2, applicationName: 'test', log: quiet });
  rowCount = await fillRequestLog(db, { firstRows: 3_125, doublings: 4 });
  service = new ExportProcess({
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    SLUICE_DATA_DIR: dir.path,
  });
  await service.ready();
  url = `${await service.apiUrl()}/export/requests`;
}, 120_000);

afterAll(async () => {
  await service.end('SIGKILL');
  await db.destroy();
  await database.drop();
  await nats.stop();
  await dir.remove();
});

describe('GET /export/requests', () => {
  it('gives each of 50,000 rows once, in order, also where whole pages share a moment', async () => {
    const answer = await fetch(`${url}?format=jsonl`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="sluice-requests-\d{8}T\d{6}Z\.jsonl"$/,
    );
    const seen = new Set<string>();
    let last = '';
    let ordered = true;
    let rest = '';
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const row = JSON.parse(line) as { event_id: string; occurred_at: string };
        const position = `${row.occurred_at} ${row.event_id}`;
        ordered &&= last < position;
        last = position;
        seen.add(row.event_id);
      }
    }
    expect(rest).toBe('');
    expect(seen.size).toBe(rowCount);
    expect(ordered).toBe(true);
  }, 120_000);

  it('gives the same number of CSV records, with the header first', async () => {
    const text = await (await fetch(`${url}?format=csv&provider=demo`)).text();
    const lines = text.split('\r\n');
    expect(lines[0]).toBe(EXPORT_COLUMNS.join(','));
    expect(lines).toHaveLength(rowCount + 2);
    expect(await (await fetch(`${url}?format=csv&provider=nobody`)).text()).toBe(
      `${EXPORT_COLUMNS.join(',')}\r\n`,
    );
  }, 60_000);

  it('a client that goes away in the middle ends its queries', async () => {
    // What ran before has ended, in the log too.
    await waitFor(() => service.runningDownloads().then((running) => running === 0));
    const started = request(`${url}?format=csv`);
    started.end();
    const [response] = (await once(started, 'response')) as [NodeJS.ReadableStream & { destroy(): void }];
    response.pause();
    const ended = (): number =>
      service.lines.filter((line) => line.msg === 'an export has ended' || line.msg === 'an export failed')
        .length;
    const before = ended();
    // 50 MB do not fit into any socket's buffers: the export is under way until the client has gone.
    await waitFor(() => service.runningDownloads().then((running) => running === 1));
    expect(ended()).toBe(before);
    response.destroy();
    await waitFor(() => ended() === before + 1);
    expect(service.lines.at(-1)).toMatchObject({ msg: 'an export has ended', result: 'client_gone' });
  });

  it('wrong parameters are 400 as problem details, with what is allowed', async () => {
    const answer = await fetch(`${url}?format=xml&from=x`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await answer.json()).toMatchObject({
      type: 'urn:sluice:problem:invalid-query',
      status: 400,
      errors: [
        { parameter: 'format', allowed: ['csv', 'jsonl'] },
        { parameter: 'from', allowed: expect.stringContaining('2026-11-22') as string },
      ],
    });
  });

  it('other paths are 404 as problem details, and HEAD has the headers only', async () => {
    for (const path of ['/', '/export', '/%E0%A4%A']) {
      const answer = await fetch(new URL(path, url));
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.json()).toMatchObject({ type: 'urn:sluice:problem:unknown-route', status: 404 });
    }
    const head = await fetch(`${url}?format=csv`, { method: 'HEAD' });
    expect(head.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(await head.text()).toBe('');
  });

  it('answers no page of another site, whatever name points here', async () => {
    const { port } = new URL(url);
    const ask = async (headers: Record<string, string>, path = '/export/requests?format=csv') => {
      const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
      return [answer.statusCode, answer.headers['content-type'], text.includes('event_id')];
    };
    const refused = [403, 'application/problem+json; charset=utf-8', false];
    expect(await ask({ host: `evil.example:${port}` })).toEqual(refused);
    expect(await ask({ host: `evil.example:${port}` }, '/')).toEqual(refused);
    expect(await ask({ origin: 'http://evil.example' })).toEqual(refused);
    expect(await ask({ host: 'export:8091' }, '/export/requests?format=csv&provider=nobody')).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      true,
    ]);
  });

  it('shows only the rows of the teams that the caller may see', async () => {
    const get = async (teams: string) =>
      (await (await fetch(`${url}?format=csv`, { headers: { 'x-sluice-teams': teams } })).text()).length;
    expect(await get('other')).toBe(EXPORT_COLUMNS.join(',').length + 2);
    expect(await get('')).toBe(EXPORT_COLUMNS.join(',').length + 2);
  });
});
