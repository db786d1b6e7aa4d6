import { ensureTopology } from '@sluice/bus';
import { openTestBus as open, type TestBus } from '@sluice/testing';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The bus with all streams and durables, seen from the side of this service's durable. */
export const openTestBus = (url: string): Promise<TestBus> =>
  open({ url, durable: 'logger-requests', prepare: (connection) => ensureTopology(connection, { log: quiet }) });
