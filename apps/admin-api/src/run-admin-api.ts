// Wires admin-api, starts it in the order in which its parts need each other, and stops it the other way round.
import { connectNats } from '@sluice/bus/publishing';
import {
  DatabaseMonitor,
  listenOn,
  type ServiceContext,
  type Shutdown,
  startServiceFrame,
} from '@sluice/service-kit';
import {
  AppUserRepository,
  describeDatabaseUrl,
  findTableProblem,
  MetricMinuteOverviewRepository,
  openDatabase,
  RequestLogListRepository,
  type SluiceDatabase,
  UserSessionRepository,
} from '@sluice/storage';
import type { AdminApiConfig } from './admin-api.config.js';
import type { AdminApiParts } from './admin-api.module.js';
import { createAdminMetrics } from './admin-metrics.js';
import { DashboardFiles } from './dashboard/dashboard-files.js';
import { ExportForwarder } from './exports/export-forwarder.js';
import { RunningDownloads } from './exports/running-downloads.js';
import { createApp } from './http/create-app.js';
import { DatabaseGate } from './http/database-gate.js';
import { LiveFeed } from './live/live-feed.js';
import { FirstAdmin } from './sign-in/first-admin.js';
import { PasswordHasher } from './sign-in/password-hash.js';
import { SignInDesk } from './sign-in/sign-in.js';
import { SignInThrottle } from './sign-in/sign-in-throttle.js';
import { Sessions } from './sign-in/sessions.js';

/** What main has read and made. */
export interface RunAdminApiOptions extends ServiceContext<AdminApiConfig> {
  /** Shows a line to the person who started the service. */
  readonly print: (text: string) => void;
}

/** A page of requests takes milliseconds, an overview of a month about a second. */
const POOL_SIZE = 8;
/** Promised for what people search; the pool ends a query that takes longer. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** Starts the service; resolves when it runs, with database and NATS there or not. Throws when a port is taken. */
export async function runAdminApi(options: RunAdminApiOptions): Promise<Shutdown> {
  const { config, log, instance } = options;
  const frame = await startServiceFrame(options);
  const { health } = frame;
  const metrics = createAdminMetrics(frame.metrics);
  const database = createDatabaseSide(options);
  const nats = connectNats({ url: config.natsUrl, name: instance, log });
  health.add('database', () => database.monitor.check());
  health.add('admin-user', () => database.firstAdmin.check());
  health.add('nats', () => ({ ok: nats.isConnected(), detail: nats.address }));

  const live = new LiveFeed({
    nats,
    findOpen: (tokenHashes) => database.parts.sessions.findOpenOfAdmins(tokenHashes),
    onCount: (clients) => metrics.liveClients.set(clients),
    log,
    now: () => performance.now(),
  });
  const exports = new ExportForwarder({ url: config.exportUrl, log });
  const downloads = new RunningDownloads({
    findCallers: (tokenHashes) => database.parts.sessions.findCallers(tokenHashes),
    log,
    now: () => performance.now(),
  });
  const files = new DashboardFiles(config.dashboardDir, log);
  const app = await createApp({ log, ...database.parts, live, exports, downloads, files }, metrics);
  const port = await listenOn(app, { ...config, what: 'admin API', portVariable: 'ADMIN_API_PORT' });
  const shutdown = frame.stopInOrder([
    {
      name: 'API',
      timeoutMs: 5_000,
      run: async () => {
        database.firstAdmin.stop();
        live.stop();
        exports.stop();
        downloads.stop();
        app.getHttpServer().closeIdleConnections();
        await app.close();
      },
    },
    { name: 'nats', timeoutMs: 10_500, run: () => nats.close() },
    database.monitor.stopStep(database.db),
  ]);
  database.monitor.start();
  database.firstAdmin.start();
  live.start();
  downloads.start();
  health.setServing(true);
  log.info({ opsPort: frame.opsPort, port, dashboard: config.dashboardDir }, 'admin-api runs');
  return shutdown;
}

interface DatabaseSide {
  readonly db: SluiceDatabase;
  readonly monitor: DatabaseMonitor;
  readonly firstAdmin: FirstAdmin;
  readonly parts: Pick<AdminApiParts, 'database' | 'sessions' | 'desk' | 'requests' | 'minutes'>;
}

function createDatabaseSide({ config, instance, log, print }: RunAdminApiOptions): DatabaseSide {
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: POOL_SIZE,
    applicationName: instance,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log,
  });
  const monitor = new DatabaseMonitor({
    address: describeDatabaseUrl(config.databaseUrl),
    log,
    probe: () => findTableProblem(db),
  });
  const database = new DatabaseGate(monitor);
  const users = new AppUserRepository(db);
  const hasher = new PasswordHasher();
  const firstAdmin = new FirstAdmin({ users, hasher, password: config.adminPassword, monitor, log, print });
  const sessions = new Sessions({
    repository: new UserSessionRepository(db),
    database,
    secret: config.sessionSecret,
    secureCookie: config.secureCookie,
    now: Date.now,
  });
  const throttle = new SignInThrottle(() => performance.now());
  const desk = new SignInDesk({ users, database, hasher, throttle, sessions, firstAdmin, log });
  const requests = new RequestLogListRepository(db);
  const minutes = new MetricMinuteOverviewRepository(db);
  return { db, monitor, firstAdmin, parts: { database, sessions, desk, requests, minutes } };
}
