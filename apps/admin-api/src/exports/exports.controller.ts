import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RequireRole } from '../http/access.decorators.js';
import { type ApiReply, type ApiRequest, callerOf } from '../http/api-request.js';
import { Route } from '../http/route.decorator.js';
import { ExportForwarder } from './export-forwarder.js';
import { exportQuerySchema } from './export-query.schema.js';
import { RunningDownloads } from './running-downloads.js';

/** `/api/export`: files of the teams that the caller sees, made by the export service. */
@Controller('api/export')
export class ExportsController {
  constructor(
    @Inject(ExportForwarder) private readonly exports: ExportForwarder,
    @Inject(RunningDownloads) private readonly downloads: RunningDownloads,
  ) {}

  @Get('requests')
  @RequireRole('viewer')
  @Route({
    summary: 'The request log of a span as a file, oldest first. An answer that breaks is not whole.',
    query: exportQuerySchema,
    answer: { contentTypes: ['text/csv', 'application/x-ndjson'] },
    problems: [400, 401, 502, 503],
  })
  async requests(@Req() request: ApiRequest, @Res() reply: ApiReply): Promise<void> {
    const { url = '', method } = request.raw;
    const at = url.indexOf('?');
    const caller = callerOf(request);
    const download = this.downloads.begin(caller);
    reply.hijack();
    try {
      // The export service judges the query and says what is allowed.
      await this.exports.forward({
        isHead: method === 'HEAD',
        search: at < 0 ? '' : url.slice(at),
        scope: caller.scope,
        response: reply.raw,
        signal: download.signal,
      });
    } finally {
      download.end();
    }
  }
}
