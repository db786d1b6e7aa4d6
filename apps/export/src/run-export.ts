// Wires the export service, starts it in the order in which its parts need each other, and stops it the other way round.
import { resolve } from 'node:path';
import { connectConsumer, JetStreamStrategy } from '@sluice/bus';
import { NestFactory } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  listenOn,
  type Logger,
  PinoLoggerService,
  type ServiceContext,
  type Shutdown,
  startServiceFrame,
  writeProblem,
} from '@sluice/service-kit';
import { openDatabase, RequestLogPagesRepository } from '@sluice/storage';
import { ContinuousExport } from './continuous/continuous-export.js';
import { PartWriter } from './continuous/part-writer.js';
import { createExportMetrics } from './export-metrics.js';
import type { ExportConfig } from './export.config.js';
import { ExportModule } from './export.module.js';
import { ExportRunner } from './on-demand/export-runner.js';
import { judgeCaller } from './on-demand/judge-caller.js';
import { ProblemError } from './on-demand/problem.js';
import type { RawReply, RawRequest } from './on-demand/problem.filter.js';

/** One for each export on demand that may run, and one to cancel a query that nobody waits for any more. */
const POOL_SIZE = 5;
const STATEMENT_TIMEOUT_MS = 30_000;
const CLOSE_CONSUMERS_MS = 20_000;
const DOWNLOAD_GRACE_MS = 10_000;

/** Starts the service; resolves when it runs, with database and NATS there or not. Throws when a port is taken. */
export async function runExport(options: ServiceContext<ExportConfig>): Promise<Shutdown> {
  const { config, log, instance } = options;
  const frame = await startServiceFrame(options);
  const { health } = frame;
  const metrics = createExportMetrics(frame.metrics);
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
  const link = connectConsumer({ url: config.natsUrl, name: instance, log });
  health.add('folder', () => continuous.check());
  for (const [name, check] of link.checks) health.add(name, check);

  const app = await createApp({ continuous, runner, log }, config);
  app.connectMicroservice(
    { strategy: new JetStreamStrategy({ nats: link.nats, log, closeTimeoutMs: CLOSE_CONSUMERS_MS }) },
    { inheritAppConfig: false },
  );
  const port = await listenOn(app, { ...config, what: 'export API', portVariable: 'EXPORT_PORT' });
  const shutdown = frame.stopInOrder([
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
    ...link.stopSteps,
    { name: 'database', timeoutMs: 5_000, run: () => db.destroy() },
  ]);
  continuous.start();
  link.topology.start();
  await app.startAllMicroservices();
  health.setServing(true);
  log.info({ opsPort: frame.opsPort, port, folder }, 'export runs');
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
