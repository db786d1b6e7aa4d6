import { readFileSync } from 'node:fs';
import { ServiceProcess, waitFor } from '@sluice/testing';

/** The built export service, running as its own process (`npm run build` first). */
export class ExportProcess extends ServiceProcess {
  constructor(env: Readonly<Record<string, string>>) {
    super({
      main: new URL('../../dist/main.js', import.meta.url),
      env: { EXPORT_PORT: '0', EXPORT_OPS_PORT: '0', ...env },
    });
  }

  /** Of the API, without a slash at the end. */
  async apiUrl(): Promise<string> {
    return `http://127.0.0.1:${(await this.started()).port}`;
  }

  /** What `/metrics` says of exports on demand. */
  async runningDownloads(): Promise<number> {
    const { body } = await this.get('/metrics');
    return Number(/^sluice_export_downloads_running\S* (\d+)/m.exec(body)?.[1]);
  }

  /** Resolves when it has used no CPU for 50 ms: it waits for somebody. Linux only. */
  async idles(): Promise<void> {
    let before = -1;
    await waitFor(
      () => {
        const now = this.cpuTicks();
        const idle = now === before;
        before = now;
        return idle;
      },
      { timeoutMs: 10_000, intervalMs: 50, message: 'the export service is still at work' },
    );
  }

  private cpuTicks(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  }
}
