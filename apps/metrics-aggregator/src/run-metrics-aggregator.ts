// Wires the aggregator, starts it in the order in which its parts need each other, and stops it the other way round.
import { connectConsumer, DeliveryBatcher, JetStreamStrategy } from '@sluice/bus';
import type { RequestCompleted } from '@sluice/contracts';
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
  findTableProblem,
  MetricMinuteRepository,
  MetricMinuteWriter,
  openDatabase,
  type SluiceDatabase,
} from '@sluice/storage';
import type { Registry } from 'prom-client';
import { createAggregatorMetrics } from './aggregator-metrics.js';
import { FleetMetrics } from './fleet-metrics.js';
import { LivePublisher } from './live-publisher.js';
import type { MetricsAggregatorConfig } from './metrics-aggregator.config.js';
import { MetricsAggregatorModule } from './metrics-aggregator.module.js';
import { REQUEST_METRICS_CONSUMER } from './request-metrics.consumer.js';
import type { RollupRetention } from './read-rollup-retention.js';
import { RollupApplier } from './rollup-applier.js';
import { RollupKeeper } from './rollup-keeper.js';

/** What main has read and made. */
export interface RunMetricsAggregatorOptions extends ServiceContext<MetricsAggregatorConfig> {
  readonly retention: RollupRetention;
}

/** A batch and a probe at a time; one to spare. */
const POOL_SIZE = 3;
/** A batch takes milliseconds; a database that needs this long is not well. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** Many events of one minute become few rows, so a batch may be large and wait a little for company. */
const MOST_EVENTS = 2_000;
const LONGEST_WAIT_MS = 200;
/** Messages in the work at a time, at most 64 events each. */
const CONCURRENCY = 128;
const MOST_DELIVERIES = 96;
const CLOSE_CONSUMERS_MS = 20_000;

/** Starts the service; resolves when it runs, with database and NATS there or not. Throws when its ops port is taken. */
export async function runMetricsAggregator(options: RunMetricsAggregatorOptions): Promise<Shutdown> {
  const { config, log, instance } = options;
  const frame = await startServiceFrame(options);
  const { health, metrics: registry } = frame;
  const stopping = new AbortController();
  const database = createDatabaseSide(options, { registry, stopping: stopping.signal });
  const link = connectConsumer({ url: config.natsUrl, name: instance, log });
  const { nats } = link;
  const live = new LivePublisher({ nats, instance, log });
  health.add('database', () => database.monitor.check());
  for (const [name, check] of link.checks) health.add(name, check);

  const strategy = new JetStreamStrategy({
    nats,
    log,
    concurrency: CONCURRENCY,
    closeTimeoutMs: CLOSE_CONSUMERS_MS,
  });
  const app = await NestFactory.createMicroservice(MetricsAggregatorModule.with(database.batcher), {
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
        stopping.abort(new RpcException('the aggregator stops while the database is away'));
        await app.close();
      },
    },
    { name: 'live numbers', timeoutMs: 100, run: () => live.stop() },
    ...link.stopSteps,
    { name: 'retention', timeoutMs: 15_000, run: () => database.keeper?.stop() },
    database.monitor.stopStep(database.db),
  ]);
  database.monitor.start();
  database.keeper?.start();
  link.topology.start();
  live.start();
  await app.listen();
  health.setServing(true);
  log.info({ opsPort: frame.opsPort }, 'metrics-aggregator runs');
  return shutdown;
}

interface DatabaseSide {
  readonly db: SluiceDatabase;
  readonly monitor: DatabaseMonitor;
  readonly batcher: DeliveryBatcher<RequestCompleted>;
  /** Absent when nobody knows how long to keep. */
  readonly keeper: RollupKeeper | undefined;
}

function createDatabaseSide(
  { config, retention, instance, log }: RunMetricsAggregatorOptions,
  { registry, stopping }: { readonly registry: Registry; readonly stopping: AbortSignal },
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
  const writer = new MetricMinuteWriter(db);
  const fleet = new FleetMetrics(registry);
  const applier = new RollupApplier({
    apply: (batch) => writer.apply(batch),
    monitor,
    metrics: createAggregatorMetrics(registry),
    onCounted: (event) => fleet.count(event),
    stopping,
    consumer: REQUEST_METRICS_CONSUMER.durable,
    stream: REQUEST_METRICS_CONSUMER.stream,
  });
  const batcher = new DeliveryBatcher<RequestCompleted>({
    commit: (work) => applier.apply(work),
    maxItems: MOST_EVENTS,
    maxDeliveries: MOST_DELIVERIES,
    maxWaitMs: LONGEST_WAIT_MS,
  });
  const minutes = new MetricMinuteRepository(db);
  const keeper =
    retention.kind === 'unknown'
      ? undefined
      : new RollupKeeper({
          deleteBefore: (moment, limit) => minutes.deleteBefore(moment, limit),
          keepMs: retention.keepMs,
          log,
          whenWell: (signal) => monitor.whenWell(signal),
        });
  return { db, monitor, batcher, keeper };
}
