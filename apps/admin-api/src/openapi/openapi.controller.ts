import { Controller, Get, Inject } from '@nestjs/common';
import { Public } from '../http/access.decorators.js';
import { Route } from '../http/route.decorator.js';
import { z } from 'zod';
import { OPENAPI_DOCUMENT } from '../admin-api.tokens.js';

/** `/api/openapi.json`: what this API takes and answers, for programs. */
@Controller('api')
export class OpenApiController {
  constructor(@Inject(OPENAPI_DOCUMENT) private readonly document: object) {}

  @Get('openapi.json')
  @Public()
  @Route({
    summary: 'This document.',
    answer: { name: 'OpenApiDocument', schema: z.looseObject({ openapi: z.string() }) },
    problems: [],
  })
  read(): object {
    return this.document;
  }
}
