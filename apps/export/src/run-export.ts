// Wires the export service, starts it in the order in which its parts need each other, and stops it the other way round.
import { resolve } from 'node:path';
import { connectNats, ensureTopology, JetStreamStrategy, type NatsLink, TopologyKeeper } from '@sluice/bus';
import { NestFactory } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  createMetricsRegistry,
  HealthRegistry,
  type Logger,
  onShutdown,
  type OpsServer,
  PinoLoggerService,
  type Shutdown,
  startOpsServer,
} from '@sluice/service-kit';
import { openDatabase, RequestLogPagesRepository, type SluiceDatabase } from '@sluice/storage';
import { ContinuousExport } from './continuous/continuous-export.js';
import { PartWriter } from './continuous/part-writer.js';
import { createExportMetrics } from './export-metrics.js';
import type { ExportConfig } from './export.config.js';
import { ExportModule } from './export.module.js';
import { ExportRunner } from './on-demand/export-runner.js';
import { judgeCaller } from './on-demand/judge-caller.js';
import { ProblemError } from './on-demand/problem.js';
import { type RawReply, type RawRequest, writeProblem } from './on-demand/problem.filter.js';

/** What main has read and made. */
export interface RunExportOptions {
  readonly config: ExportConfig;
  readonly instance: string;
  readonly log: Logger;
}

/** One for each export on demand that may run, and one to cancel a query that nobody waits for any more. */
const POOL_SIZE = 5;
const STATEMENT_TIMEOUT_MS = 30_000;
const CLOSE_CONSUMERS_MS = 20_000;
const DOWNLOAD_GRACE_MS = 10_000;

/** Starts the service; resolves when it runs, with database and NATS there or not. Throws when a port is taken. */
export async function runExport(options: RunExportOptions): Promise<Shutdown> {
  const { config, log, instance } = options;
  const health = new HealthRegistry();
  const registry = createMetricsRegistry('export', instance);
  const metrics = createExportMetrics(registry);
  const ops = await startOpsServer({
    host: config.opsHost,
    port: config.opsPort,
    portVariable: 'EXPORT_OPS_PORT',
    health,
    metrics: registry,
    info: () => ({ instance }),
  });
  const folder = resolve(config.dataDir, 'exports');
  const writer = new PartWriter({ folder, log, now: Date.now });
  const continuous = new ContinuousExport({ writer, folder, metrics, log });
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: POOL_SIZE,
    applicationName: instance,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    neverSortsAll: true,
    log,
  });
  const pages = new RequestLogPagesRepository(db);
  const runner = new ExportRunner({ readPage: (request) => pages.readPage(request), metrics, log });
  const nats = connectNats({ url: config.natsUrl, name: instance, log });
  const topology = new TopologyKeeper({
    nats,
    log,
    ensure: async () => ensureTopology(await nats.ready, { log }),
  });
  health.add('folder', () => continuous.check());
  health.add('nats', () => ({ ok: nats.isConnected(), required: true, detail: nats.address }));
  health.add('streams', () => topology.check());

  const app = await createApp({ continuous, runner, log }, config);
  app.connectMicroservice(
    { strategy: new JetStreamStrategy({ nats, log, closeTimeoutMs: CLOSE_CONSUMERS_MS }) },
    { inheritAppConfig: false },
  );
  const port = await listen(app, config);
  const shutdown = stopInOrder({ log, app, health, nats, ops, db, topology, continuous, runner });
  continuous.start();
  topology.start();
  await app.startAllMicroservices();
  health.setServing(true);
  log.info({ opsPort: ops.port, port, folder }, 'export runs');
  return shutdown;
}

async function createApp(
  parts: { readonly continuous: ContinuousExport; readonly runner: ExportRunner; readonly log: Logger },
  { allowedHosts }: ExportConfig,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    // A path that cannot be decoded is nobody's.
    frameworkErrors: (_error: unknown, _request: unknown, reply: RawReply) => {
      reply.hijack();
      writeProblem(
        reply.raw,
        new ProblemError('unknown-route', 'This service answers GET /export/requests.'),
      );
    },
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request: RawRequest, reply: RawReply, done: () => void) => {
    const problem = judgeCaller(request.raw.headers, allowedHosts);
    if (problem === undefined) {
      done();
      return;
    }
    reply.hijack();
    writeProblem(reply.raw, problem);
  });
  // Nothing here takes a body: none is read, whatever its type and size.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  return NestFactory.create<NestFastifyApplication>(ExportModule.with(parts), adapter, {
    logger: new PinoLoggerService(parts.log),
    bodyParser: false,
    abortOnError: false,
  });
}

/** Returns the port; 0 asks for a free one. Throws when it cannot be had, and says which variable moves it. */
async function listen(app: NestFastifyApplication, { host, port }: ExportConfig): Promise<number> {
  // Before, so that what fails below is the port alone.
  await app.init();
  await app.listen(port, host).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`;
    const way = 'Set EXPORT_PORT to another port, or stop what uses it.';
    throw new Error(`The port ${host}:${port} of the export API ${why}. ${way}`, { cause: error });
  });
  // A listening TCP server's address is an object with a port.
  return (app.getHttpServer().address() as { port: number }).port;
}

interface RunningParts {
  readonly log: Logger;
  readonly app: NestFastifyApplication;
  readonly health: HealthRegistry;
  readonly nats: NatsLink;
  readonly ops: OpsServer;
  readonly db: SluiceDatabase;
  readonly topology: TopologyKeeper;
  readonly continuous: ContinuousExport;
  readonly runner: ExportRunner;
}

function stopInOrder(parts: RunningParts): Shutdown {
  const { log, app, health, nats, ops, db, topology, continuous, runner } = parts;
  return onShutdown({
    log,
    steps: [
      { name: 'readiness', timeoutMs: 100, run: () => health.setServing(false) },
      { name: 'downloads', timeoutMs: DOWNLOAD_GRACE_MS + 2_000, run: () => runner.stop(DOWNLOAD_GRACE_MS) },
      {
        name: 'consumers and API',
        // The strategy's own limit and the flush of its last acks.
        timeoutMs: CLOSE_CONSUMERS_MS + 3_000,
        run: async () => {
          // Appends go on; only who waits for a folder that cannot be written gives up.
          // Nest would log another kind of error once more.
          continuous.giveUpWaiting(new RpcException('the export stops while its folder cannot be written'));
          app.getHttpServer().closeIdleConnections();
          await app.close();
        },
      },
      { name: 'files', timeoutMs: 5_000, run: () => continuous.close() },
      { name: 'topology', timeoutMs: 100, run: () => topology.stop() },
      { name: 'nats', timeoutMs: 10_500, run: () => nats.close() },
      { name: 'database', timeoutMs: 5_000, run: () => db.destroy() },
      { name: 'ops', timeoutMs: 1_000, run: () => ops.close() },
    ],
  });
}
