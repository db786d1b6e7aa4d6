import { toCloudEvent } from '@sluice/testing';
import { connectNats, ensureTopology, type NatsLink } from '@sluice/bus';
import { LIVE_SUBJECT, requestSubject } from '@sluice/contracts';

const REQUEST_TIMEOUT_MS = 5_000;
const MOST_EVENTS = 64;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The edge's side of the bus, and a look into its streams. */
export interface TestBus {
  /** In batches of at most 64; each has its PubAck when this resolves. No message id: the server drops no repetition. */
  publish(data: readonly (object & { eventId: string })[], batchSize?: number): Promise<void>;
  countMessages(stream: string): Promise<number>;
  /** Messages that the aggregator has not acked. */
  countUnsettled(): Promise<number>;
  /** The live numbers as they come, from now on. */
  listenLive(): readonly unknown[];
  close(): Promise<void>;
}

/** Connects, and makes streams and durables unless told not to. */
export async function openTestBus(url: string, { withTopology = true } = {}): Promise<TestBus> {
  const link: NatsLink = connectNats({ url, name: 'test-bus', log: quiet });
  const connection = await link.ready;
  if (withTopology) await ensureTopology(connection, { log: quiet });
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
      const info = await ask('$JS.API.CONSUMER.INFO.SLUICE_REQUESTS.metrics-requests');
      return Number(info['num_pending']) + Number(info['num_ack_pending']);
    },
    listenLive: () => {
      const heard: unknown[] = [];
      connection.subscribe(LIVE_SUBJECT, { callback: (_, message) => void heard.push(message.json()) });
      return heard;
    },
    close: () => link.close(),
  };
}
