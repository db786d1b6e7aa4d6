import type { PrivateServer, StartServerOptions } from '@sluice/private-services';
import { serverEnvironment } from './server-environment.js';
import { type TempDir, tempDir } from './temp-dir.js';

/** A private server that a test may stop, kill, freeze and start again: same port, same data, same URL. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Of the process that runs now; throws while none runs. */
  readonly pid: number;
  /** Orderly end; the data is kept. Idempotent. */
  halt(): Promise<void>;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void;
  /** SIGCONT after `pause`. */
  resume(): void;
  /** Sends a signal; does nothing while none runs. */
  signal(name: NodeJS.Signals): void;
  /** Ends it if it still runs, then starts it on the same port and data. */
  restart(): Promise<void>;
  /** Orderly end; removes the data. */
  stop(): Promise<void>;
}

type StartServer = (options: StartServerOptions) => Promise<PrivateServer>;

/** Starts a server in a temporary folder of its own. It also ends when this process does. */
export async function startTestServer(start: StartServer): Promise<TestServer> {
  const folder = await tempDir();
  try {
    return new RestartableServer(
      start,
      folder,
      await start({ dataDir: folder.path, env: serverEnvironment() }),
    );
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

class RestartableServer implements TestServer {
  readonly url: string;
  private running: PrivateServer | undefined;

  constructor(
    private readonly start: StartServer,
    private readonly folder: TempDir,
    first: PrivateServer,
  ) {
    this.url = first.url;
    this.running = first;
    this.watch(first);
  }

  get pid(): number {
    const pid = this.running?.pid;
    if (pid === undefined) throw new Error('the test server does not run');
    return pid;
  }

  async halt(): Promise<void> {
    await this.running?.stop();
  }

  async kill(): Promise<void> {
    const server = this.running;
    if (server === undefined) return;
    this.signal('SIGKILL');
    await server.exited;
  }

  pause(): void {
    this.signal('SIGSTOP');
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  signal(name: NodeJS.Signals): void {
    if (this.running?.pid === undefined) return;
    try {
      process.kill(this.running.pid, name);
    } catch {
      // It has ended in this moment.
    }
  }

  async restart(): Promise<void> {
    await this.halt();
    const port = Number(new URL(this.url).port);
    const server = await this.start({ dataDir: this.folder.path, env: serverEnvironment(), port });
    this.running = server;
    this.watch(server);
  }

  async stop(): Promise<void> {
    await this.halt();
    await this.folder.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private watch(server: PrivateServer): void {
    void server.exited.then(() => {
      if (this.running === server) this.running = undefined;
    });
  }
}
