import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { PinoLoggerService, writeProblem } from '@sluice/service-kit';
import type { AdminMetrics } from '../admin-metrics.js';
import { AdminApiModule, type AdminApiParts } from '../admin-api.module.js';
import { nothingHere } from './problem.filter.js';
import { setSecurityHeaders } from './security-headers.js';

/** A sign-in is the largest body there is. */
const MOST_BODY_BYTES = 16 * 1024;
const MOST_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MOST_CONNECTIONS = 1_000;

/** Fastify's pair, as far as we need it. */
interface RawRequest {
  readonly raw: IncomingMessage;
  readonly routeOptions?: { readonly url?: string | undefined };
}
interface RawReply {
  readonly raw: ServerResponse;
  hijack(): void;
}

/** Makes the API with its limits; it does not listen yet. */
export async function createApp(
  parts: AdminApiParts,
  metrics: AdminMetrics,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    clientErrorHandler: answerGarbage,
    // A path that cannot be decoded is nobody's.
    frameworkErrors: (_error: unknown, _request: unknown, reply: RawReply) => {
      reply.hijack();
      setSecurityHeaders(reply.raw);
      writeProblem(reply.raw, nothingHere());
    },
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = MOST_CONNECTIONS;
  fastify.addHook('onRequest', (request: RawRequest, reply: RawReply, done: () => void) => {
    setSecurityHeaders(reply.raw);
    const { headers } = request.raw;
    const isEmpty =
      headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
    // The type of nothing says nothing; Fastify would refuse one that it does not know.
    if (isEmpty) delete headers['content-type'];
    const route = request.routeOptions?.url ?? 'none';
    // A handler may have taken the reply over: an error that nobody hears would end the process.
    reply.raw.on('error', (error) => {
      parts.log.warn({ err: error, route }, 'an answer broke off');
      reply.raw.destroy();
    });
    reply.raw.once('close', () => metrics.requests.inc({ route, status: reply.raw.statusCode }));
    done();
  });
  // Bytes are read here and judged by the handler, after the guard: who is not signed in is told that first.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body.length === 0 ? undefined : body),
  );
  return NestFactory.create<NestFastifyApplication>(AdminApiModule.with(parts), adapter, {
    logger: new PinoLoggerService(parts.log),
    bodyParser: false,
    abortOnError: false,
  });
}

const STATUS_OF_GARBAGE: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is no HTTP has no answer that could be read; this says whose fault it is, and ends the connection. */
function answerGarbage(error: Error, socket: Socket): void {
  const code = 'code' in error ? String(error.code) : '';
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = STATUS_OF_GARBAGE[code] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
