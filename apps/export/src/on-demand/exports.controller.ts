import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ExportRunner } from './export-runner.js';
import type { RawReply, RawRequest } from './problem.filter.js';
import { readExportQuery, readTeamScope } from './read-export-query.js';

/** Exports on demand. Internal: admin-api decides who may ask, and says whose rows. */
@Controller('export')
export class ExportsController {
  constructor(@Inject(ExportRunner) private readonly runner: ExportRunner) {}

  /** `GET /export/requests`: a stream of rows, oldest first. Wrong queries are problem details before the first byte. */
  @Get('requests')
  async requests(@Req() request: RawRequest, @Res() reply: RawReply): Promise<void> {
    const { url = '', method, headers } = request.raw;
    const at = url.indexOf('?');
    const query = readExportQuery(new URLSearchParams(at < 0 ? '' : url.slice(at + 1)), new Date());
    const scope = readTeamScope(headers['x-sluice-teams']);
    reply.hijack();
    await this.runner.run({ query, scope, response: reply.raw, isHead: method === 'HEAD' });
  }
}
