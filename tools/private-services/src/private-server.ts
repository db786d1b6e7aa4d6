/** The servers this package can provide. */
export type PrivateServerName = 'nats' | 'redis' | 'postgres';

/** How a server's process ended: an exit code or the signal that ended it. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A server that is ready. When it came from a URL in the environment, `pid` and `logFile` are absent,
 * `exited` never settles and `stop` does nothing: it is not ours to end.
 */
export interface PrivateServer {
  readonly name: PrivateServerName;
  /** With credentials where the server asks for them: a secret, not for logs. */
  readonly url: string;
  /** Process id of the server itself, not of a wrapper. */
  readonly pid: number | undefined;
  readonly logFile: string | undefined;
  /** Resolves once, when the process has ended for whatever reason. Never rejects. */
  readonly exited: Promise<ServerExit>;
  /** Asks the server to end, kills it at the deadline. Idempotent; never rejects. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/** What every start function takes. */
export interface StartServerOptions {
  /** Folder of this installation's private services; each server keeps its own folder below it. */
  readonly dataDir: string;
  /** Environment to look in for URL, PATH and cache folder; nothing else of it reaches the server. */
  readonly env: NodeJS.ProcessEnv;
  /** Port on 127.0.0.1. Absent: the one used last in this data folder if it is free, else any free one. */
  readonly port?: number;
  /** End the server when the process that started it dies, where the system can do that. Default true. */
  readonly endWithParent?: boolean;
  /** Called with the server's pid as soon as its process is there, before it is ready. */
  readonly onSpawn?: (pid: number) => void;
  /** One line for a person who waits ("fetching nats-server from the distribution's archive"). */
  readonly onProgress?: (line: string) => void;
}

/** A server could not be found, fetched or made ready. The message says what to do; it holds no secret. */
export class PrivateServiceError extends Error {
  override readonly name = 'PrivateServiceError';
}
