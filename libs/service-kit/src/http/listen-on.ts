import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Where an API listens. */
export interface ListenOptions {
  readonly host: string;
  /** 0 asks for a free one. */
  readonly port: number;
  /** What it is, for the error, e.g. `admin API`. */
  readonly what: string;
  /** The environment variable that moves it. */
  readonly portVariable: string;
}

/** Returns the port. Throws when it cannot be had, and says which variable moves it. */
export async function listenOn(app: NestFastifyApplication, options: ListenOptions): Promise<number> {
  const { host, port, what, portVariable } = options;
  // Before, so that what fails below is the port alone.
  await app.init();
  await app.listen(port, host).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`;
    const way = `Set ${portVariable} to another port, or stop what uses it.`;
    throw new Error(`The port ${host}:${port} of the ${what} ${why}. ${way}`, { cause: error });
  });
  // A listening TCP server's address is an object with a port.
  return (app.getHttpServer().address() as { port: number }).port;
}
