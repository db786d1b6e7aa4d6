import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Logger } from '@sluice/service-kit';
import { ContinuousExport } from './continuous/continuous-export.js';
import { RequestExportConsumer } from './continuous/request-export.consumer.js';
import { LOGGER } from './export.tokens.js';
import { ExportRunner } from './on-demand/export-runner.js';
import { ExportsController } from './on-demand/exports.controller.js';
import { ProblemFilter } from './on-demand/problem.filter.js';

/** The consumer of this service, its API, and what they work with. */
@Module({})
export class ExportModule {
  static with(parts: {
    readonly continuous: ContinuousExport;
    readonly runner: ExportRunner;
    readonly log: Logger;
  }): DynamicModule {
    return {
      module: ExportModule,
      controllers: [RequestExportConsumer, ExportsController],
      providers: [
        { provide: ContinuousExport, useValue: parts.continuous },
        { provide: ExportRunner, useValue: parts.runner },
        { provide: LOGGER, useValue: parts.log },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
