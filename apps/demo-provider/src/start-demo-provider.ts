import { join } from 'node:path';
import { createMetricsRegistry, HealthRegistry, type OpsServer, startOpsServer } from '@sluice/service-kit';
import type { DemoProviderConfig } from './demo-provider.config.js';
import { FaultBook } from './faults/fault-book.js';
import { Concurrency } from './http/concurrency.js';
import { type DemoServer, startDemoServer } from './http/demo-server.js';
import { Ledger } from './ledger/ledger.js';
import { answerOpsPage } from './ops/ops-pages.js';

/** What a provider is started with. */
export interface DemoProviderOptions {
  readonly config: DemoProviderConfig;
  readonly instance: string;
  /** What goes wrong without ending the process: a ledger line not written, a bug in one answer. */
  readonly onError: (what: string, error: unknown) => void;
}

/** A running provider. */
export interface DemoProvider {
  /** Origin with the API's prefix, e.g. `http://127.0.0.1:8099/v1`: what a gateway's config calls `baseUrl`. */
  readonly baseUrl: string;
  readonly opsUrl: string;
  /** Stops in order: not ready, no new calls, those in flight get `graceMs`, then the ledger and the ops port. */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 5_000;

/** Listens on both ports. Throws when a port or the ledger's folder cannot be had, and says which and what to do. */
export async function startDemoProvider(options: DemoProviderOptions): Promise<DemoProvider> {
  const { config, onError } = options;
  const faults = new FaultBook();
  const concurrency = new Concurrency();
  const server = await startDemoServer({
    host: config.host,
    port: config.port,
    faults,
    concurrency,
    openLedger: () => openLedger(config, onError),
    onError: (error) => onError('an answer failed', error),
  });
  const health = new HealthRegistry();
  const ops = await startOps(options, { server, health, faults, concurrency });
  health.setServing(true);
  return {
    baseUrl: `http://${config.host}:${server.port}/v1`,
    opsUrl: `http://${config.opsHost}:${ops.port}`,
    stop: async (graceMs = DEFAULT_GRACE_MS) => {
      health.setServing(false);
      await server.close(graceMs);
      await ops.close();
      server.ledger.close();
    },
  };
}

function openLedger(config: DemoProviderConfig, onError: DemoProviderOptions['onError']): Ledger {
  return new Ledger({
    directory: join(config.dataDir, 'demo-provider'),
    onWriteError: (error, count) => onError(`the ledger cannot be written (${count} lines lost)`, error),
  });
}

interface Parts {
  readonly server: DemoServer;
  readonly health: HealthRegistry;
  readonly faults: FaultBook;
  readonly concurrency: Concurrency;
}

async function startOps({ config, instance }: DemoProviderOptions, parts: Parts): Promise<OpsServer> {
  const { server, health, faults, concurrency } = parts;
  const { ledger, gate } = server;
  const pages = { ledger, faults, concurrency, gate };
  try {
    return await startOpsServer({
      host: config.opsHost,
      port: config.opsPort,
      portVariable: 'DEMO_PROVIDER_OPS_PORT',
      health,
      metrics: createMetricsRegistry('demo-provider', instance),
      info: () => ({ servings: ledger.readTotals().all.servings, concurrent: concurrency.read().current }),
      ownPages: (request, response) => answerOpsPage(pages, request, response),
    });
  } catch (error) {
    await server.close(0);
    ledger.close();
    throw error;
  }
}
