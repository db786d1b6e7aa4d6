// One edge, put together: what main.ts starts, and tests start in their own process.
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { maskSecrets, PinoLoggerService } from '@sluice/service-kit';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { HealthListener } from './attempts/health-listener.js';
import { HealthRegistry } from './attempts/health-registry.js';
import { openProviderGate } from './attempts/open-provider-gate.js';
import type { WorkerShare } from './attempts/provider-gate.js';
import { RunningWalks } from './attempts/running-walks.js';
import { serveExchange } from './chat/chat.pipeline.js';
import { explainExchange } from './chat/explain.pipeline.js';
import type { Exchange } from './chat/exchange.js';
import { ConfigHolder } from './control/config-holder.js';
import type { ConfigGeneration } from './control/config-generation.js';
import { EdgeProxyModule } from './edge-proxy.module.js';
import type { RawReply, RawRequest } from './http/gateway-error.filter.js';
import { createDataPlaneServer } from './http/data-plane-server.js';
import { listenOptions, whyNotListening } from './http/data-plane-port.js';
import { type Fallback, FrontDoor } from './http/front-door.js';
import { writeOwnError } from './http/own-error.js';
import { unknownRoute } from './http/unknown-route.js';
import { type Hurry, ServerDrain } from './http/server-drain.js';
import { watchConnections } from './http/watch-connections.js';
import type { LoadReason } from './overload/load-monitor.js';
import { openOverloadGuard } from './overload/open-overload-guard.js';
import { OpenStreams } from './relay/open-streams.js';
import { EdgeMetrics } from './reporting/edge-metrics.js';
import { type EventSink, Reporter, type RequestLog } from './reporting/reporter.js';
import { RoutePlanner } from './routing/route-planner.js';
import { Http1Transport } from './upstream/http1/http1-transport.js';

export interface EdgeProxyOptions {
  readonly generation: ConfigGeneration;
  readonly sink: EventSink;
  readonly instance: string;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Hears of breakers and cooldowns. */
  readonly healthListener?: HealthListener | undefined;
  /** Which of this edge's processes it is; the only one unless told otherwise. */
  readonly share?: WorkerShare | undefined;
  /** Event loop and memory are those of others too, as in tests: no request is turned away because of them. */
  readonly sharesProcess?: boolean | undefined;
  /** How long the client of a stream hears nothing at the most; 15 s unless told otherwise. */
  readonly keepAliveMs?: number | undefined;
  /** How many names the system looks up at once; 2 unless told otherwise. */
  readonly lookupThreads?: number | undefined;
}

/** An edge that is ready to listen. */
export interface EdgeProxy {
  readonly holder: ConfigHolder;
  readonly health: HealthRegistry;
  /**
   * @param shared other processes of this edge listen on the same port
   * @returns the port; 0 asks for a free one
   * @throws Error that names the address and the way out; its cause is the system's error
   */
  listen(host: string, port: number, shared?: boolean): Promise<number>;
  /** Puts a new config to use: for every request that begins from now on, and at once for bounds that others wait at. */
  use(generation: ConfigGeneration): void;
  /** Why every new request is turned away at the moment; null when some are let in. */
  shutFor(): LoadReason | null;
  /** From now on each answer tells the client to connect anew; everything is served as before. */
  announceStop(): void;
  /** Takes no more connections, lets requests end for up to the grace, then ends what is left with a word. */
  drain(graceMs: number, hurry?: Hurry): Promise<void>;
}

export async function createEdgeProxy(options: EdgeProxyOptions): Promise<EdgeProxy> {
  const { log, instance, sink, share = { index: 0, count: 1 } } = options;
  const holder = new ConfigHolder(options.generation);
  const metrics = new EdgeMetrics(options.metrics);
  const transport = new Http1Transport({
    lookupThreads: options.lookupThreads,
    onBug: (error) => log.error({ err: error }, 'an upstream call met a bug'),
  });
  const requestLog = toRequestLog(log);
  const { guard: overload, load } = openOverloadGuard({ registry: options.metrics, share, log });
  const onEnd = (exchange: Exchange): void => overload.end(exchange);
  const reporter = new Reporter({ sink, log: requestLog, metrics, instance, mask: maskSecrets, onEnd });
  const onBug = (error: unknown, exchange: { requestId: string }): void =>
    log.error({ err: error, requestId: exchange.requestId }, 'a request met a bug');
  const running = new RunningWalks();
  const clock = { now: () => performance.now(), wallNow: Date.now, random: Math.random };
  const health = new HealthRegistry(clock, options.healthListener ?? NOBODY);
  const planner = new RoutePlanner(health);
  const gate = openProviderGate({ holder, registry: options.metrics, share });
  const streams = new OpenStreams({ keepAliveMs: options.keepAliveMs, onBug });
  const rooms = { transport, planner, health, gate, overload, reporter, running, streams, onBug };
  const frontDoor = new FrontDoor({
    holder,
    metrics,
    overload,
    now: Date.now,
    serve: (exchange) => serveExchange(exchange, rooms),
    explain: (exchange) => explainExchange(exchange, rooms),
  });
  const app = await makeApp(frontDoor, holder, { log, requestLog, registry: options.metrics });
  const drain = new ServerDrain(app.getHttpServer());
  return {
    holder,
    health,
    async listen(host, port, shared = false) {
      await app.listen({ host, port, ...listenOptions(shared) }).catch((error: unknown) => {
        throw whyNotListening(error, { host, port });
      });
      if (options.sharesProcess !== true) load.start();
      return portOf(app.getHttpServer());
    },
    use(generation) {
      holder.swap(generation);
      health.use(generation.config);
      transport.retain(generation.addresses);
      gate.onReload();
    },
    shutFor: () => load.shutFor,
    announceStop: () => drain.announce(),
    async drain(graceMs, hurry) {
      await drain.run({ graceMs, hurry, onLimit: () => running.stopAll() });
      load.stop();
      await transport.close();
      await app.close();
    },
  };
}

// A listening TCP server's address is an object with a port.
const portOf = (server: Server): number => (server.address() as { port: number }).port;

const NOBODY: HealthListener = { onBreakerChange: () => undefined, onCooldown: () => undefined };

async function makeApp(
  frontDoor: FrontDoor,
  holder: ConfigHolder,
  logs: { readonly log: Logger; readonly requestLog: RequestLog; readonly registry: Registry },
): Promise<NestFastifyApplication> {
  const onConnectionRefused = watchConnections({
    registry: logs.registry,
    warn: (facts, message) => logs.log.warn(facts, message),
    server: () => adapter.getHttpServer(),
  });
  const adapter = new FastifyAdapter({
    // The hot URLs never reach Fastify: see the decision record on the hot path before Nest.
    serverFactory: (fallback: Fallback) =>
      createDataPlaneServer({
        take: (request, response) => frontDoor.take(request, response, fallback),
        trustedProxies: () => holder.current.config.server.trustedProxies,
        onConnectionRefused,
        onBug: (error) => logs.log.error({ err: error }, 'the front door met a bug'),
      }),
    // A path that cannot be decoded is nobody's.
    frameworkErrors: (_error: unknown, request: RawRequest, reply: RawReply) => {
      reply.hijack();
      writeOwnError(request.raw, reply.raw, unknownRoute(request.raw));
    },
  });
  const fastify = adapter.getInstance();
  // What Nest serves here takes no body: none is read, whatever its type and size.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const module = EdgeProxyModule.with({ holder, log: logs.requestLog });
  return NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new PinoLoggerService(logs.log),
    bodyParser: false,
  });
}

const toRequestLog = (log: Logger): RequestLog => ({
  isDebug: log.isLevelEnabled('debug'),
  debug: (facts, message) => log.debug(facts, message),
  warn: (facts, message) => log.warn(facts, message),
  error: (facts, message) => log.error(facts, message),
});
