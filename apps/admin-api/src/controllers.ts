import { DashboardController } from './dashboard/dashboard.controller.js';
import { ExportsController } from './exports/exports.controller.js';
import { LiveController } from './live/live.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { OverviewController } from './overview/overview.controller.js';
import { RequestsController } from './requests/requests.controller.js';
import { SessionController } from './sign-in/session.controller.js';

/** Every controller; the OpenAPI document and the test of the route manifest read this list too. */
export const CONTROLLERS = [
  SessionController,
  OverviewController,
  RequestsController,
  LiveController,
  ExportsController,
  OpenApiController,
  DashboardController,
] as const;
