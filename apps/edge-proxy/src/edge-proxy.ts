// One edge, put together: what main.ts starts, and tests start in their own process.
import { createServer, type Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { maskSecrets, PinoLoggerService } from '@sluice/service-kit';
import { type Logger } from 'pino';
import { type Registry } from 'prom-client';
import { serveExchange } from './chat/chat.pipeline.js';
import { ConfigHolder } from './control/config-holder.js';
import { type ConfigGeneration } from './control/config-generation.js';
import { EdgeProxyModule } from './edge-proxy.module.js';
import { type Fallback, FrontDoor } from './http/front-door.js';
import { SERVER_OPTIONS, writeParserError } from './http/server-options.js';
import { EdgeMetrics } from './reporting/edge-metrics.js';
import { type EventSink, Reporter, type RequestLog } from './reporting/reporter.js';
import { UndiciTransport } from './upstream/undici-transport.js';

export interface EdgeProxyOptions {
  readonly generation: ConfigGeneration;
  readonly sink: EventSink;
  readonly instance: string;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** An edge that is ready to listen. */
export interface EdgeProxy {
  readonly holder: ConfigHolder;
  /** @returns the port; 0 asks for a free one */
  listen(host: string, port: number): Promise<number>;
  /** Stops taking connections, lets requests end for up to the grace, then ends what is left. */
  drain(graceMs: number): Promise<void>;
}

export async function createEdgeProxy(options: EdgeProxyOptions): Promise<EdgeProxy> {
  const { log, instance, sink } = options;
  const holder = new ConfigHolder(options.generation);
  const metrics = new EdgeMetrics(options.metrics);
  const transport = new UndiciTransport();
  const requestLog = toRequestLog(log);
  const reporter = new Reporter({ sink, log: requestLog, metrics, instance, mask: maskSecrets });
  const onBug = (error: unknown, exchange: { requestId: string }): void =>
    log.error({ err: error, requestId: exchange.requestId }, 'a request met a bug');
  const frontDoor = new FrontDoor({
    holder,
    metrics,
    now: Date.now,
    serve: (exchange) => serveExchange(exchange, { transport, reporter, onBug }),
  });
  const app = await makeApp(frontDoor, holder, { log, requestLog });
  return {
    holder,
    async listen(host, port) {
      await app.listen(port, host);
      // A listening TCP server's address is an object with a port.
      return (app.getHttpServer().address() as { port: number }).port;
    },
    async drain(graceMs) {
      await drainServer(app.getHttpServer(), metrics, graceMs);
      await transport.close();
      await app.close();
    },
  };
}

async function makeApp(
  frontDoor: FrontDoor,
  holder: ConfigHolder,
  logs: { readonly log: Logger; readonly requestLog: RequestLog },
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    // The hot URLs never reach Fastify: see the decision record on the hot path before Nest.
    serverFactory: (fallback: Fallback) => {
      const server = createServer(SERVER_OPTIONS, (request, response) =>
        frontDoor.take(request, response, fallback),
      );
      server.on('clientError', writeParserError);
      return server;
    },
  });
  const module = EdgeProxyModule.with({ holder, log: logs.requestLog });
  return NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new PinoLoggerService(logs.log),
    bodyParser: false,
  });
}

/** Requests under way end by themselves; sockets without one are closed at once. */
async function drainServer(server: Server, metrics: EdgeMetrics, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    if (metrics.inFlight === 0) server.closeAllConnections();
  }, 50);
  const limit = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(limit);
}

const toRequestLog = (log: Logger): RequestLog => ({
  isDebug: log.isLevelEnabled('debug'),
  debug: (facts, message) => log.debug(facts, message),
  warn: (facts, message) => log.warn(facts, message),
  error: (facts, message) => log.error(facts, message),
});
