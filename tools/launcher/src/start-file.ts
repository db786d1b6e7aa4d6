import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** What `start.json` holds: where everything is and how to get in. */
export interface StartFile {
  readonly edgeUrl: string;
  readonly edgeUrls: readonly string[];
  /** Origin of the dashboard and its API. */
  readonly adminUrl: string;
  /** Origins of the ops ports, keyed like `pids`. */
  readonly opsUrls: Readonly<Record<string, string | readonly string[]>>;
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly apiKey: string;
  readonly adminUser: string;
  readonly adminPassword: string;
  /** Of the servers themselves; a server of the operator's own has none. */
  readonly pids: Readonly<Record<string, number | readonly number[]>>;
}

/** Replaces the file in one step (write + rename), readable by its owner only. */
export function writeStartFile(file: string, content: StartFile): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** Its presence means "ready": it goes before a start begins and when a stop does. */
export function removeStartFile(file: string): void {
  rmSync(file, { force: true });
}
