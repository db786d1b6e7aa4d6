// One process's way for events: the spool on its disk, NATS, and what brings them from the one to the other.
import { join } from 'node:path';
import { connectNats, EventPublisher, EventSpool, GroupCommit, type NatsLink } from '@sluice/bus/publishing';
import type { ShutdownStep } from '@sluice/service-kit';
import type { Logger } from 'pino';
import type { EdgeProxyConfig } from './edge-proxy.config.js';
import { recoverIntent } from './reporting/to-request-event.js';

/** Events that NATS did not take in this time stay in the spool for the next start. */
const FLUSH_MS = 3_000;

export interface EventPipe {
  readonly spool: EventSpool;
  /** What is recorded in one turn of the event loop is one write. */
  readonly records: GroupCommit;
  readonly nats: NatsLink;
  /** First thing when nothing is recorded any more. */
  readonly flushStep: ShutdownStep;
  /** After that. */
  readonly closeSteps: readonly ShutdownStep[];
}

export function openEventPipe(env: EdgeProxyConfig, log: Logger): EventPipe {
  const spool = EventSpool.open({ rootDir: join(env.dataDir, 'spool'), recoverIntent, log });
  const records = new GroupCommit(spool);
  const nats = connectNats({ url: env.natsUrl, name: env.instance, log });
  const publisher = new EventPublisher({ spool, nats, log });
  publisher.start();
  const flush = async (): Promise<void> => {
    records.flush();
    await publisher.close(FLUSH_MS);
  };
  return {
    spool,
    records,
    nats,
    flushStep: { name: 'events', run: flush, timeoutMs: FLUSH_MS + 1_000 },
    closeSteps: [
      { name: 'spool', run: () => spool.close(), timeoutMs: 2_000 },
      { name: 'nats', run: () => nats.close(), timeoutMs: 6_000 },
    ],
  };
}
