import {
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { type ProblemDetails, problemDetailsSchema, PROBLEM_CONTENT_TYPE } from '@sluice/contracts';
import type { Logger } from '@sluice/service-kit';
import type { TeamScope } from '@sluice/storage';
import { PassedProblemError, ProblemError } from '../http/problem.js';

/** What an {@link ExportForwarder} needs. */
export interface ExportForwarderOptions {
  /** Origin of the export service. */
  readonly url: string;
  readonly log: Logger;
}

/** One download. */
export interface ForwardedExport {
  readonly isHead: boolean;
  /** With its `?`, or empty; as it was sent. */
  readonly search: string;
  readonly scope: TeamScope;
  readonly response: ServerResponse;
  /** Breaks it; with a ProblemError as its reason that is the answer while nothing is written yet. */
  readonly signal: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The first page is read before the head; its query takes 30 s at most there. */
const HEAD_TIMEOUT_MS = 40_000;
/** The export service itself ends a download that nobody reads for 120 s. */
const IDLE_MS = 150_000;
const MOST_PROBLEM_BYTES = 64 * 1024;
const RETRY_AFTER_S = 5;
/** What of its answer is the client's; everything else is between us two. */
const PASSED_HEADERS = ['content-type', 'content-disposition'] as const;

/** Brings downloads from the export service, byte by byte as the client takes them. */
export class ExportForwarder {
  private readonly stopping = new AbortController();

  constructor(private readonly options: ExportForwarderOptions) {}

  /** Breaks all downloads that are under way: they must not look whole. */
  stop(): void {
    this.stopping.abort(new Error('admin-api stops'));
  }

  /**
   * Resolves when the answer has ended, whole or broken. Throws ProblemError while nothing is written yet: the service is
   * away, or answers with a problem of its own, which goes through as it is.
   */
  async forward({ isHead, search, scope, response, signal: over }: ForwardedExport): Promise<void> {
    const gone = new AbortController();
    if (response.destroyed) return;
    response.once('close', () => gone.abort(new Error('the client has gone')));
    const signal = AbortSignal.any([gone.signal, over, this.stopping.signal]);
    const sent = this.send({ isHead, search, scope }, signal);
    const answer = await this.waitForHead(sent, signal);
    if (isHead && isKnown(answer)) {
      response.writeHead(answer.statusCode ?? 502, passedHeaders(answer)).end();
      return;
    }
    if (answer.statusCode !== 200) throw await toError(answer);
    response.writeHead(200, passedHeaders(answer));
    try {
      // A connection that breaks there ends here by destroying ours: no last chunk, so the client knows it is not whole.
      await pipeline(answer, response, { signal });
    } catch (error) {
      response.destroy();
      if (!gone.signal.aborted) this.options.log.warn({ err: error }, 'an export broke off');
    }
  }

  private send(
    what: Pick<ForwardedExport, 'isHead' | 'search' | 'scope'>,
    signal: AbortSignal,
  ): ClientRequest {
    const target = new URL(`/export/requests${what.search}`, this.options.url);
    // A connection of its own: its end is the end of the download, on both sides.
    const sent = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, {
      method: what.isHead ? 'HEAD' : 'GET',
      agent: false,
      headers: teamHeaders(what.scope),
      signal,
    });
    sent.once('socket', (socket) => {
      const tooLate = setTimeout(() => {
        sent.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`));
      }, CONNECT_TIMEOUT_MS);
      socket.once('connect', () => clearTimeout(tooLate));
      socket.once('close', () => clearTimeout(tooLate));
    });
    sent.setTimeout(HEAD_TIMEOUT_MS, () => sent.destroy(new Error('the export service does not answer')));
    sent.end();
    return sent;
  }

  private async waitForHead(sent: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        sent.once('response', (answer) => {
          sent.setTimeout(IDLE_MS);
          resolve(answer);
        });
        // Stays: what breaks after the head is told by the answer's stream too.
        sent.on('error', reject);
      });
    } catch (error) {
      if (signal.reason instanceof ProblemError) throw signal.reason;
      if (!signal.aborted) this.options.log.warn({ err: error }, 'the export service cannot be reached');
      throw new ProblemError('export-away', 'The export service (EXPORT_URL) does not answer; try again.', {
        retryAfterS: RETRY_AFTER_S,
        cause: error,
      });
    }
  }
}

/** Who sees all teams asks without the header; for all others it names theirs, be they none. */
function teamHeaders(scope: TeamScope): Record<string, string> {
  if (scope.kind === 'all') return {};
  return { 'x-sluice-teams': scope.teamIds.map((id) => encodeURIComponent(id)).join(',') };
}

function passedHeaders(answer: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    PASSED_HEADERS.flatMap((name) => {
      const value = answer.headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const isProblem = (answer: IncomingMessage): boolean =>
  answer.headers['content-type'] === PROBLEM_CONTENT_TYPE;

/** An answer without a body, which says all by its status. */
const isKnown = (answer: IncomingMessage): boolean => answer.statusCode === 200 || isProblem(answer);

async function toError(answer: IncomingMessage): Promise<Error> {
  const problem = await readProblem(answer);
  if (problem === undefined) {
    return new ProblemError('export-failed', 'What answers at EXPORT_URL is no export service.');
  }
  const retryAfterS = Number(answer.headers['retry-after']);
  return new PassedProblemError(problem, Number.isFinite(retryAfterS) ? retryAfterS : undefined);
}

async function readProblem(answer: IncomingMessage): Promise<ProblemDetails | undefined> {
  if (!isProblem(answer)) {
    answer.destroy();
    return undefined;
  }
  try {
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > MOST_PROBLEM_BYTES) return undefined;
    }
    const parsed = problemDetailsSchema.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.status === answer.statusCode ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
