// Wires the logger, starts it in the order in which its parts need each other, and stops it the other way round.
import {
  connectNats,
  DeliveryBatcher,
  ensureTopology,
  JetStreamStrategy,
  type NatsLink,
  TopologyKeeper,
} from '@sluice/bus';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import {
  createMetricsRegistry,
  DatabaseMonitor,
  HealthRegistry,
  type Logger,
  onShutdown,
  type OpsServer,
  PinoLoggerService,
  type Shutdown,
  startOpsServer,
} from '@sluice/service-kit';
import {
  describeDatabaseUrl,
  dropPartitionsBefore,
  ensureDailyPartitions,
  findMissingTables,
  type NewRequestLogRow,
  openDatabase,
  RequestLogWriter,
  type SluiceDatabase,
} from '@sluice/storage';
import { createLoggerMetrics, type LoggerMetrics } from './logger-metrics.js';
import type { LoggerConfig } from './logger.config.js';
import { LoggerModule } from './logger.module.js';
import { PartitionKeeper } from './partition-keeper.js';
import type { Retention } from './read-retention.js';
import { RequestLogAppender } from './request-log-appender.js';
import { REQUEST_LOG_CONSUMER } from './request-log.consumer.js';

/** What main has read and made. */
export interface RunLoggerOptions {
  readonly config: LoggerConfig;
  readonly retention: Retention;
  readonly instance: string;
  readonly log: Logger;
}

/** A batch, a probe and a partition round at a time; one to spare. */
const POOL_SIZE = 4;
/** A batch takes milliseconds; a database that needs this long is not well. */
const STATEMENT_TIMEOUT_MS = 10_000;
const MOST_ROWS = 500;
const LONGEST_WAIT_MS = 100;
/** Of the 64 that the bus hands out at a time. */
const MOST_DELIVERIES = 48;
const CLOSE_CONSUMERS_MS = 20_000;

/** Starts the service; resolves when it runs, with database and NATS there or not. Throws when its ops port is taken. */
export async function runLogger(options: RunLoggerOptions): Promise<Shutdown> {
  const { config, log, instance } = options;
  const health = new HealthRegistry();
  const registry = createMetricsRegistry('logger', instance);
  const stopping = new AbortController();
  // First of all, so that a second logger on this machine ends before it touches anything.
  const ops = await startOpsServer({
    host: config.opsHost,
    port: config.opsPort,
    portVariable: 'LOGGER_OPS_PORT',
    health,
    metrics: registry,
    info: () => ({ instance }),
  });

  const database = createDatabaseSide(options, {
    metrics: createLoggerMetrics(registry),
    stopping: stopping.signal,
  });
  const nats = connectNats({ url: config.natsUrl, name: instance, log });
  const topology = new TopologyKeeper({
    nats,
    log,
    ensure: async () => ensureTopology(await nats.ready, { log }),
  });
  health.add('database', () => database.monitor.check());
  health.add('nats', () => ({ ok: nats.isConnected(), required: true, detail: nats.address }));
  health.add('streams', () => topology.check());

  const strategy = new JetStreamStrategy({ nats, log, closeTimeoutMs: CLOSE_CONSUMERS_MS });
  const app = await NestFactory.createMicroservice(LoggerModule.with(database.batcher), {
    strategy,
    logger: new PinoLoggerService(log),
    abortOnError: false,
  });
  const shutdown = stopInOrder({ log, app, health, nats, ops, database, topology, stopping });
  database.monitor.start();
  database.keeper.start();
  topology.start();
  await app.listen();
  health.setServing(true);
  log.info({ opsPort: ops.port, retentionDays: options.retention.requestDays }, 'logger runs');
  return shutdown;
}

interface DatabaseSide {
  readonly db: SluiceDatabase;
  readonly monitor: DatabaseMonitor;
  readonly batcher: DeliveryBatcher<NewRequestLogRow>;
  readonly keeper: PartitionKeeper;
}

function createDatabaseSide(
  { config, retention, instance, log }: RunLoggerOptions,
  { metrics, stopping }: { readonly metrics: LoggerMetrics; readonly stopping: AbortSignal },
): DatabaseSide {
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
    probe: async () => {
      const missing = await findMissingTables(db);
      return missing.length === 0 ? undefined : `it has no ${missing.join(', ')}: run the migrations`;
    },
  });
  const writer = new RequestLogWriter({ db, retentionDays: retention.requestDays });
  const appender = new RequestLogAppender({
    append: (batch) => writer.appendBatch(batch),
    monitor,
    metrics,
    log,
    stopping,
    consumer: REQUEST_LOG_CONSUMER.durable,
    stream: REQUEST_LOG_CONSUMER.stream,
  });
  const batcher = new DeliveryBatcher<NewRequestLogRow>({
    commit: (work) => appender.append(work),
    maxItems: MOST_ROWS,
    maxDeliveries: MOST_DELIVERIES,
    maxWaitMs: LONGEST_WAIT_MS,
  });
  const keeper = new PartitionKeeper({
    ensure: (fromDay, toDay) => ensureDailyPartitions(db, 'request_log', fromDay, toDay),
    dropBefore: (day) =>
      retention.mayDrop ? dropPartitionsBefore(db, 'request_log', day) : Promise.resolve([]),
    retentionDays: retention.requestDays,
    log,
    whenWell: (signal) => monitor.whenWell(signal),
  });
  return { db, monitor, batcher, keeper };
}

interface RunningParts {
  readonly log: Logger;
  readonly app: INestMicroservice;
  readonly health: HealthRegistry;
  readonly nats: NatsLink;
  readonly ops: OpsServer;
  readonly database: DatabaseSide;
  readonly topology: TopologyKeeper;
  readonly stopping: AbortController;
}

function stopInOrder({ log, app, health, nats, ops, database, topology, stopping }: RunningParts): Shutdown {
  return onShutdown({
    log,
    steps: [
      { name: 'readiness', timeoutMs: 100, run: () => health.setServing(false) },
      {
        name: 'consumers',
        // The strategy's own limit and the flush of its last acks.
        timeoutMs: CLOSE_CONSUMERS_MS + 3_000,
        run: async () => {
          // Commits go on; only who waits for a database that is away gives up.
          // Nest would log another kind of error once more.
          stopping.abort(new RpcException('the logger stops while the database is away'));
          await app.close();
        },
      },
      { name: 'topology', timeoutMs: 100, run: () => topology.stop() },
      { name: 'nats', timeoutMs: 10_500, run: () => nats.close() },
      { name: 'partitions', timeoutMs: 15_000, run: () => database.keeper.stop() },
      {
        name: 'database',
        timeoutMs: 5_000,
        run: async () => {
          database.monitor.stop();
          await database.db.destroy();
        },
      },
      { name: 'ops', timeoutMs: 1_000, run: () => ops.close() },
    ],
  });
}
