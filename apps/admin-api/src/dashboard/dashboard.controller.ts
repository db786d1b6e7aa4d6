import type { IncomingMessage } from 'node:http';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { Public } from '../http/access.decorators.js';
import type { ApiReply, ApiRequest } from '../http/api-request.js';
import { nothingHere } from '../http/problem.filter.js';
import { type DashboardFile, DashboardFiles } from './dashboard-files.js';

const INDEX = '/index.html';
/** However it is written: such a path never becomes a page. */
const API_PATH = /^[/\\.]*api([/\\;?#.]|$)/i;
const TAKES_GZIP = /(^|,)\s*gzip\s*(,|$|;(?!\s*q=0(\.0*)?\s*(,|$)))/i;
const NOT_BUILT =
  '<!doctype html><title>Sluice</title><p>The dashboard is not built. Run <code>npm run build</code> and load this page again.</p>\n';

/** The dashboard's files, for everybody: they hold nothing that is not in the repository. */
@Controller()
export class DashboardController {
  constructor(@Inject(DashboardFiles) private readonly files: DashboardFiles) {}

  /** A file, or for paths that people navigate to the page, which knows its own paths. */
  @Get('*')
  @Public()
  async read(@Req() { raw }: ApiRequest, @Res() reply: ApiReply): Promise<void> {
    const path = toPath(raw.url ?? '/');
    if (path === undefined || API_PATH.test(path)) throw nothingHere();
    const isPage = (raw.headers.accept ?? '').includes('text/html') && !path.startsWith('/assets/');
    const file =
      (await this.files.find(path === '/' ? INDEX : path)) ?? (isPage ? await this.page() : undefined);
    if (file === undefined) throw nothingHere();
    reply.hijack();
    send(raw, reply, file);
  }

  private async page(): Promise<DashboardFile> {
    return (
      (await this.files.find(INDEX)) ?? {
        body: Buffer.from(NOT_BUILT),
        gzip: undefined,
        contentType: 'text/html; charset=utf-8',
        etag: '"not-built"',
        isImmutable: false,
      }
    );
  }
}

function send({ headers }: IncomingMessage, { raw }: ApiReply, file: DashboardFile): void {
  const gzip = TAKES_GZIP.test(headers['accept-encoding']?.toString() ?? '') ? file.gzip : undefined;
  // Other bytes are another thing to a cache.
  const etag = gzip === undefined ? file.etag : `${file.etag.slice(0, -1)}-gz"`;
  raw.setHeader('etag', etag);
  raw.setHeader('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (file.gzip !== undefined) raw.setHeader('vary', 'accept-encoding');
  const known = headers['if-none-match']?.split(',') ?? [];
  if (known.some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    raw.writeHead(304);
    raw.end();
    return;
  }
  if (gzip !== undefined) raw.setHeader('content-encoding', 'gzip');
  const body = gzip ?? file.body;
  raw.writeHead(200, { 'content-type': file.contentType, 'content-length': body.length });
  raw.end(body);
}

/** The decoded path without its query; undefined when it cannot be decoded. */
function toPath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '/');
  } catch {
    return undefined;
  }
}
