import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { Logger } from '@sluice/service-kit';
import { MetricMinuteOverviewRepository, RequestLogListRepository } from '@sluice/storage';
import { LOGGER, OPENAPI_DOCUMENT } from './admin-api.tokens.js';
import { CONTROLLERS } from './controllers.js';
import { DashboardFiles } from './dashboard/dashboard-files.js';
import { ExportForwarder } from './exports/export-forwarder.js';
import { RunningDownloads } from './exports/running-downloads.js';
import { AccessGuard } from './http/access.guard.js';
import { DatabaseGate } from './http/database-gate.js';
import { ProblemFilter } from './http/problem.filter.js';
import { LiveFeed } from './live/live-feed.js';
import { readManifest } from './openapi/route-manifest.js';
import { toOpenApi } from './openapi/to-openapi.js';
import { Sessions } from './sign-in/sessions.js';
import { SignInDesk } from './sign-in/sign-in.js';

/** What the controllers work with. */
export interface AdminApiParts {
  readonly log: Logger;
  readonly database: DatabaseGate;
  readonly sessions: Sessions;
  readonly desk: SignInDesk;
  readonly requests: RequestLogListRepository;
  readonly minutes: MetricMinuteOverviewRepository;
  readonly live: LiveFeed;
  readonly exports: ExportForwarder;
  readonly downloads: RunningDownloads;
  readonly files: DashboardFiles;
}

/** The API, its guard and its errors. */
@Module({})
export class AdminApiModule {
  static with(parts: AdminApiParts): DynamicModule {
    return {
      module: AdminApiModule,
      controllers: [...CONTROLLERS],
      providers: [
        { provide: LOGGER, useValue: parts.log },
        { provide: DatabaseGate, useValue: parts.database },
        { provide: Sessions, useValue: parts.sessions },
        { provide: SignInDesk, useValue: parts.desk },
        { provide: RequestLogListRepository, useValue: parts.requests },
        { provide: MetricMinuteOverviewRepository, useValue: parts.minutes },
        { provide: LiveFeed, useValue: parts.live },
        { provide: ExportForwarder, useValue: parts.exports },
        { provide: RunningDownloads, useValue: parts.downloads },
        { provide: OPENAPI_DOCUMENT, useValue: toOpenApi(readManifest(CONTROLLERS)) },
        { provide: DashboardFiles, useValue: parts.files },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
