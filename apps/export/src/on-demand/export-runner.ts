import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@sluice/service-kit';
import type { RequestLogPage, RequestLogPageRequest, TeamScope } from '@sluice/storage';
import type { ExportMetrics } from '../export-metrics.js';
import { EXPORT_FORMATS } from './formats/index.js';
import { ProblemError } from './problem.js';
import { watchReader } from './watch-reader.js';
import type { ExportQuery } from './read-export-query.js';

/** What an {@link ExportRunner} needs. */
export interface ExportRunnerOptions {
  readonly readPage: (request: RequestLogPageRequest) => Promise<RequestLogPage>;
  readonly metrics: ExportMetrics;
  readonly log: Logger;
  /** How long a client may take for the least it must take, in ms; for tests. */
  readonly readerWindowMs?: number;
}

/** One export. */
export interface ExportRun {
  readonly query: ExportQuery;
  readonly scope: TeamScope;
  readonly response: ServerResponse;
  /** Headers only. */
  readonly isHead: boolean;
}

/** Each has a page in memory and now and then a database connection. */
const MOST_RUNNING = 4;
/** About 300 KB. Half of it costs a third more time, twice of it 4 MB more memory. */
const ROWS_PER_PAGE = 250;
/** A client that reads nothing for so long has gone; the pool's longest query is shorter. */
const IDLE_MS = 120_000;
/** Characters, a few lines at least: how much a client has taken is known to so much. */
const CHUNK_LENGTH = 16 * 1024;
const RETRY_AFTER_S = 5;

/** Streams exports: one page in memory, the next is read when the client has taken this one. */
export class ExportRunner {
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private takesNoMore = false;

  constructor(private readonly options: ExportRunnerOptions) {}

  /**
   * Resolves when the answer has ended, whole or broken. Throws ProblemError while nothing is written yet: too many are
   * running, or the database cannot be read.
   */
  async run(run: ExportRun): Promise<void> {
    if (this.takesNoMore) throw new ProblemError('stopping', 'Try again when it is back.');
    if (this.running.size >= MOST_RUNNING) {
      const detail = `At most ${MOST_RUNNING} exports run at a time; wait for one to end.`;
      throw new ProblemError('too-many-exports', detail, { retryAfterS: RETRY_AFTER_S });
    }
    const work = this.stream(run);
    const settled = work.catch(() => undefined);
    this.running.add(settled);
    this.options.metrics.runningDownloads.set(this.running.size);
    try {
      await work;
    } finally {
      this.running.delete(settled);
      this.options.metrics.runningDownloads.set(this.running.size);
    }
  }

  /** Takes no more, lets those under way end for up to the grace, then breaks their connections. */
  async stop(graceMs: number): Promise<void> {
    this.takesNoMore = true;
    const over = new AbortController();
    await Promise.race([
      Promise.all(this.running),
      delay(graceMs, undefined, { signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
    this.stopping.abort(new Error('the export service stops'));
    await Promise.all(this.running);
  }

  private async stream({ query, scope, response, isHead }: ExportRun): Promise<void> {
    const gone = new AbortController();
    const clientGone = (): void => {
      // A client that has it all may close before we have noticed that we are done.
      if (!response.writableFinished) gone.abort(new Error('the client has gone'));
    };
    response.once('close', clientGone);
    const signal = AbortSignal.any([gone.signal, this.stopping.signal]);
    const readPage = (after: RequestLogPageRequest['after']): Promise<RequestLogPage> =>
      this.options.readPage({ filter: query.filter, scope, limit: ROWS_PER_PAGE, after, signal });
    let rows = 0;
    let reader: ReturnType<typeof watchReader> | undefined;
    try {
      // Before the first byte, so that a database that is away is an error with a status.
      const first = await readPage(undefined).catch((error: unknown) => {
        throw signal.aborted ? error : databaseAway(error);
      });
      writeHead(response, query);
      if (isHead) {
        response.end();
        return;
      }
      response.setTimeout(IDLE_MS, () => response.destroy());
      reader = watchReader(response, { windowMs: this.options.readerWindowMs });
      const chunks = reader.counted(toChunks({ query, first, readPage, count: (more) => (rows += more) }));
      // An error of the generator destroys the response: no last chunk, so the client knows it is not whole.
      await pipeline(Readable.from(chunks, { highWaterMark: 1 }), response, { signal });
      this.report(query, 'whole', { rows });
    } catch (error) {
      if (error instanceof ProblemError && !response.headersSent) {
        this.report(query, 'failed', { rows, err: error.cause });
        throw error;
      }
      response.destroy();
      this.report(query, gone.signal.aborted && !response.writableFinished ? 'client_gone' : 'failed', {
        rows,
        err: error,
      });
    } finally {
      reader?.stop();
      response.off('close', clientGone);
    }
  }

  private report(
    { format }: ExportQuery,
    result: 'whole' | 'client_gone' | 'failed',
    facts: { rows: number; err?: unknown },
  ): void {
    const { log, metrics } = this.options;
    metrics.downloads.inc({ format, result });
    if (result === 'failed') log.error({ format, ...facts }, 'an export failed');
    else log.info({ format, result, rows: facts.rows }, 'an export has ended');
  }
}

const databaseAway = (cause: unknown): ProblemError =>
  new ProblemError('database-away', 'The request log in Postgres (DATABASE_URL) cannot be read now.', {
    retryAfterS: RETRY_AFTER_S,
    cause,
  });

async function* toChunks(source: {
  readonly query: ExportQuery;
  readonly first: RequestLogPage;
  readonly readPage: (after: RequestLogPageRequest['after']) => Promise<RequestLogPage>;
  readonly count: (rows: number) => void;
}): AsyncGenerator<string> {
  const format = EXPORT_FORMATS[source.query.format];
  let text = format.head;
  let page = source.first;
  for (;;) {
    for (const row of page.rows) {
      text += format.toLine(row);
      if (text.length < CHUNK_LENGTH) continue;
      // As text: the bytes are then made outside the heap and freed once they are sent.
      yield text;
      text = '';
    }
    source.count(page.rows.length);
    // An empty chunk would end nothing and say nothing.
    if (text !== '') yield text;
    if (page.next === undefined) return;
    page = await source.readPage(page.next);
    text = '';
  }
}

function writeHead(response: ServerResponse, { format, filter }: ExportQuery): void {
  const { contentType, extension } = EXPORT_FORMATS[format];
  // Digits and letters of ours only: nothing that a client sent gets into a header.
  const stamp = filter.to.toISOString().slice(0, 19).replace(/[-:]/g, '');
  response.writeHead(200, {
    'content-type': contentType,
    'content-disposition': `attachment; filename="sluice-requests-${stamp}Z.${extension}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.flushHeaders();
}
