import { ServiceProcess } from '@sluice/testing';

/** The built logger, running as its own process (`npm run build` first). */
export class LoggerProcess extends ServiceProcess {
  constructor(env: Readonly<Record<string, string>>) {
    super({ main: new URL('../../dist/main.js', import.meta.url), env: { LOGGER_OPS_PORT: '0', ...env } });
  }
}
