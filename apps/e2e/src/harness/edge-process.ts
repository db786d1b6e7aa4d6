// One edge as its own process, in front of a provider of the test's, with or without NATS.
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { cloudEventSchema, type RequestCompleted, requestCompletedSchema } from '@sluice/contracts';
import { waitFor } from '@sluice/testing';
import { BlackBox } from './service-process.js';

const MAIN = fileURLToPath(new URL('../../../edge-proxy/dist/main.js', import.meta.url));
export const EDGE_KEY = 'sk-e2e-all-models-0123456789';
export const NARROW_KEY = 'sk-e2e-model-m-0123456789-ab';

/** What an edge is started with. */
export interface EdgeProcessOptions {
  /** A folder that outlives the process: config file and spool. */
  readonly dir: string;
  /** The text of the config file. */
  readonly config: string;
  /** None: an address where nobody listens. */
  readonly natsUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running edge. */
export interface EdgeProcess {
  readonly process: BlackBox;
  readonly url: string;
  readonly port: number;
  readonly opsUrl: string;
}

/** Starts an edge and does not wait. */
export function launchEdge({ dir, config, natsUrl, env }: EdgeProcessOptions): BlackBox {
  const configFile = join(dir, 'sluice.yaml');
  writeFileSync(configFile, config);
  return BlackBox.start({
    script: MAIN,
    cwd: dir,
    env: {
      SLUICE_CONFIG: configFile,
      SLUICE_DATA_DIR: join(dir, 'data'),
      EDGE_PROXY_HOST: '127.0.0.1',
      EDGE_PROXY_PORT: '0',
      EDGE_PROXY_OPS_PORT: '0',
      NATS_URL: natsUrl ?? 'nats://127.0.0.1:9',
      EDGE_PROXY_PRESTOP_MS: '0', // no load balancer looks
      EDGE_PROXY_LOAD_SHEDDING: 'off', // suites share the processor with much else
      ...env,
    },
  });
}

/** Starts an edge and waits until it serves. */
export async function startEdge(options: EdgeProcessOptions): Promise<EdgeProcess> {
  const process = launchEdge(options);
  const ready = await waitFor(
    () => {
      if (!process.isRunning) throw new Error('it has ended');
      return /"port":(\d+),"opsPort":(\d+)/.exec(process.output) ?? undefined;
    },
    { timeoutMs: 45_000, message: () => `the edge is not ready: ${process.output}` },
  ).catch(async (error: unknown) => {
    await process.stop(1_000);
    throw error;
  });
  const port = Number(ready[1]);
  return { process, port, url: `http://127.0.0.1:${port}`, opsUrl: `http://127.0.0.1:${Number(ready[2])}` };
}

/** A config of one provider: the model `m` for both keys, `other` for one. */
export const edgeConfig = (providerUrl: string, more: object = {}): string =>
  JSON.stringify({
    server: { maxRequestBodyMb: 1 },
    providers: {
      p: {
        type: 'openai-compatible',
        baseUrl: providerUrl,
        apiKey: 'provider-secret',
        allowPrivateNetwork: true,
        sendAttemptId: true,
      },
    },
    models: {
      m: { routes: [{ provider: 'p', model: 'm' }] },
      other: { routes: [{ provider: 'p', model: 'o' }] },
    },
    keys: [
      { name: 'all', key: EDGE_KEY },
      { name: 'narrow', key: NARROW_KEY, models: ['m'] },
    ],
    ...more,
  });

/** A provider in the test's own process. */
export interface StubProvider extends AsyncDisposable {
  readonly baseUrl: string;
  /** Calls taken so far. */
  readonly count: number;
  /** Answers further calls like this; a whole completion unless told otherwise. */
  answer: (response: ServerResponse, body: string, request: IncomingMessage) => void;
}

const USAGE = '"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}';

/** A whole answer that is a completion and a list of embeddings at once. */
export const plainAnswer = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`{"model":"m","choices":[],"data":[],${USAGE}}`);
};

/** The event of one word in a stream. */
export const wordEvent = (word: string): string =>
  `data: {"model":"m","choices":[{"delta":{"content":${JSON.stringify(word)}}}]}\n\n`;

/** What ends a stream, usage included. */
export const STREAM_END = `data: {"model":"m","choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: {"model":"m","choices":[],${USAGE}}\n\ndata: [DONE]\n\n`;

/** Starts a stream with one word; the rest is the test's. */
export function beginStream(response: ServerResponse, word: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(wordEvent(word));
}

export async function startStubProvider(): Promise<StubProvider> {
  let count = 0;
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      count += 1;
      provider.answer(response, body, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const provider: StubProvider = {
    // A listening TCP server's address is an object.
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get count() {
      return count;
    },
    answer: plainAnswer,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // No encoding is set.
  return Buffer.concat(chunks).toString('utf8');
}

/** What arrived in the stream of request events, read from its first message on. */
export class EventReader implements AsyncDisposable {
  private constructor(private readonly connection: NatsConnection) {}

  /** Connects, and makes the stream when it is missing, as the logger would. */
  static async open(natsUrl: string): Promise<EventReader> {
    const connection = await connect({ servers: natsUrl });
    const manager = await jetstreamManager(connection);
    await manager.streams.info('SLUICE_REQUESTS').catch(() =>
      manager.streams.add({
        name: 'SLUICE_REQUESTS',
        subjects: ['sluice.v1.request.*'],
        max_bytes: 64 * 1024 * 1024,
      }),
    );
    // An edge that stops waits for the place of every event that it has.
    await manager.streams.add({ name: 'SLUICE_AUDIT', subjects: ['sluice.v1.audit.*.*'] });
    return new EventReader(connection);
  }

  /** All events, each as often as it was stored. */
  async all(): Promise<readonly RequestCompleted[]> {
    const manager = await jetstreamManager(this.connection);
    const { state } = await manager.streams.info('SLUICE_REQUESTS');
    const events: RequestCompleted[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage('SLUICE_REQUESTS', { seq });
      if (message === null) continue;
      // A batch is a JSON array of events.
      for (const item of message.json<unknown[]>()) {
        const event = requestCompletedSchema.strict().parse(cloudEventSchema.parse(item).data);
        if (message.subject !== `sluice.v1.request.${event.outcome}`) throw new Error('a foreign subject');
        events.push(event);
      }
    }
    return events;
  }

  /** Waits until so many different requests have an event. */
  async atLeast(count: number, timeoutMs = 15_000): Promise<readonly RequestCompleted[]> {
    let seen = 0;
    return waitFor(
      async () => {
        const events = await this.all();
        seen = new Set(events.map(({ eventId }) => eventId)).size;
        return seen >= count ? events : undefined;
      },
      { timeoutMs, intervalMs: 100, message: () => `${seen} of ${count} events` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}
