// Wires the logger, starts it in the order in which its parts need each other, and stops it the other way round.
import { connectConsumer, DeliveryBatcher, JetStreamStrategy } from '@sluice/bus';
import { NestFactory } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import {
  DatabaseMonitor,
  PinoLoggerService,
  type ServiceContext,
  type Shutdown,
  startServiceFrame,
} from '@sluice/service-kit';
import {
  describeDatabaseUrl,
  dropPartitionsBefore,
  ensureDailyPartitions,
  findTableProblem,
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
export interface RunLoggerOptions extends ServiceContext<LoggerConfig> {
  readonly retention: Retention;
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
  const frame = await startServiceFrame(options);
  const { health } = frame;
  const stopping = new AbortController();
  const database = createDatabaseSide(options, {
    metrics: createLoggerMetrics(frame.metrics),
    stopping: stopping.signal,
  });
  const link = connectConsumer({ url: config.natsUrl, name: instance, log });
  health.add('database', () => database.monitor.check());
  for (const [name, check] of link.checks) health.add(name, check);

  const strategy = new JetStreamStrategy({ nats: link.nats, log, closeTimeoutMs: CLOSE_CONSUMERS_MS });
  const app = await NestFactory.createMicroservice(LoggerModule.with(database.batcher), {
    strategy,
    logger: new PinoLoggerService(log),
    abortOnError: false,
  });
  const shutdown = frame.stopInOrder([
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
    ...link.stopSteps,
    { name: 'partitions', timeoutMs: 15_000, run: () => database.keeper.stop() },
    database.monitor.stopStep(database.db),
  ]);
  database.monitor.start();
  database.keeper.start();
  link.topology.start();
  await app.listen();
  health.setServing(true);
  log.info({ opsPort: frame.opsPort, retentionDays: options.retention.requestDays }, 'logger runs');
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
    probe: () => findTableProblem(db),
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
