import type { PrivateServer, PrivateServerName, StartServerOptions } from './private-server.js';
import { startNats } from './start-nats.js';
import { startPostgres } from './start-postgres.js';
import { startRedis } from './start-redis.js';

/** What `startPrivateServices` takes beside the options of each server. */
export interface StartPrivateServicesOptions extends Omit<StartServerOptions, 'port'> {
  /** Default: all three. */
  readonly which?: readonly PrivateServerName[];
}

/** The servers that were asked for, ready. */
export interface PrivateServices {
  readonly servers: Readonly<Partial<Record<PrivateServerName, PrivateServer>>>;
  /** Ends all of them, each by its own deadline. Never rejects. */
  stop(): Promise<void>;
}

/** One entry per server: how it is started, alone, any number of times in the same folder. */
export const START_SERVER: Readonly<
  Record<PrivateServerName, (options: StartServerOptions) => Promise<PrivateServer>>
> = {
  nats: startNats,
  redis: startRedis,
  postgres: startPostgres,
};

/**
 * Finds or starts the servers, all at once. When one cannot be had the others are ended again.
 * @throws PrivateServiceError with the reasons of all that failed
 */
export async function startPrivateServices(options: StartPrivateServicesOptions): Promise<PrivateServices> {
  const which = options.which ?? (['nats', 'redis', 'postgres'] as const);
  const results = await Promise.allSettled(which.map((name) => START_SERVER[name](options)));
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  if (failures.length > 0) {
    await stop();
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.map(String).join('\n'));
  }
  return { servers: Object.fromEntries(started.map((server) => [server.name, server])), stop };
}
