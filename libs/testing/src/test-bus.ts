import { connect, type NatsConnection } from '@nats-io/transport-node';
import { LIVE_SUBJECT, requestSubject } from '@sluice/contracts';
import { toCloudEvent } from './request-events.js';

/** Which bus, and whose messages count as unsettled. */
export interface TestBusOptions {
  readonly url: string;
  /** A durable of `SLUICE_REQUESTS`. */
  readonly durable: string;
  /** Makes streams and durables: this lib does not know them. */
  readonly prepare: (connection: NatsConnection) => Promise<unknown>;
}

/** The edge's side of the bus, and a look into its streams. */
export interface TestBus {
  /** In batches of at most 64; each has its PubAck when this resolves. No message id: the server drops no repetition. */
  publish(data: readonly (object & { eventId: string })[], batchSize?: number): Promise<void>;
  countMessages(stream: string): Promise<number>;
  /** Messages that the durable has not acked. */
  countUnsettled(): Promise<number>;
  /** The live numbers as they come, from now on. */
  listenLive(): readonly unknown[];
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 100;
const MOST_EVENTS = 64;

/** Connects, waiting for a server that is just starting, and prepares it. Close it at the end. */
export async function openTestBus({ url, durable, prepare }: TestBusOptions): Promise<TestBus> {
  const connection = await connect({
    servers: url,
    name: 'test-bus',
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
  });
  await prepare(connection);
  const ask = async (subject: string): Promise<Record<string, Record<string, number> & number>> => {
    const answer = await connection.request(subject, '', { timeout: REQUEST_TIMEOUT_MS });
    return answer.json();
  };
  return {
    publish: async (data, batchSize = MOST_EVENTS) => {
      for (let from = 0; from < data.length; from += batchSize) {
        const batch = data.slice(from, from + batchSize).map((item) => toCloudEvent(item));
        // A JetStream publish is a request whose answer is the PubAck.
        const answer = await connection.request(requestSubject('succeeded'), JSON.stringify(batch), {
          timeout: REQUEST_TIMEOUT_MS,
        });
        if ('error' in answer.json<object>()) throw new Error(`no PubAck: ${answer.string()}`);
      }
    },
    countMessages: async (stream) => (await ask(`$JS.API.STREAM.INFO.${stream}`))['state']?.['messages'] ?? 0,
    countUnsettled: async () => {
      const info = await ask(`$JS.API.CONSUMER.INFO.SLUICE_REQUESTS.${durable}`);
      return Number(info['num_pending']) + Number(info['num_ack_pending']);
    },
    listenLive: () => {
      const heard: unknown[] = [];
      connection.subscribe(LIVE_SUBJECT, { callback: (_, message) => void heard.push(message.json()) });
      return heard;
    },
    close: () => connection.close(),
  };
}
