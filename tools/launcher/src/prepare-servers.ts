import { connectNats, ensureTopology } from '@sluice/bus/publishing';
import { migrateToLatest } from '@sluice/storage';
import type { LauncherLog } from './launcher-log.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** Brings the database's schema up to date. @throws Error */
export async function prepareDatabase(url: string, log: LauncherLog): Promise<void> {
  await migrateToLatest(url, log);
}

/** Makes the streams and durable consumers. @throws Error */
export async function prepareStreams(url: string, log: LauncherLog): Promise<void> {
  const link = connectNats({ url, name: 'sluice-launcher', log });
  const timer = setTimeout(() => void link.close(), CONNECT_TIMEOUT_MS);
  try {
    await ensureTopology(await link.ready, { log });
  } finally {
    clearTimeout(timer);
    await link.close();
  }
}
