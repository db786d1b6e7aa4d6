// The request events of an edge, as any NATS client sees them.
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { REQUEST_SUBJECTS, type RequestCompleted, requestCompletedSchema } from '@sluice/contracts';
import { startTestNats, type TestServer, waitFor } from '@sluice/testing';

export interface EventLog {
  readonly natsUrl: string;
  /** The one event of a request; waits for it, fails when it does not come or comes with two ids. */
  eventOf(requestId: string): Promise<RequestCompleted>;
  close(): Promise<void>;
}

const EVENT_MS = 10_000;

/** Starts a private NATS with the stream of request events, and listens. */
export async function startEventLog(): Promise<EventLog> {
  const server: TestServer = await startTestNats();
  const connection: NatsConnection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'SLUICE_REQUESTS', subjects: [REQUEST_SUBJECTS] });
  const events = new Map<string, Map<string, RequestCompleted>>();
  const subscription = connection.subscribe(REQUEST_SUBJECTS, {
    callback: (_error, message) => {
      for (const event of message.json<{ data: unknown }[]>()) {
        const data = requestCompletedSchema.parse(event.data);
        // A message may come twice; its events are the same.
        const known = events.get(data.requestId) ?? new Map<string, RequestCompleted>();
        events.set(data.requestId, known.set(data.eventId, data));
      }
    },
  });
  await connection.flush();
  return {
    natsUrl: server.url,
    eventOf: async (requestId) => {
      const message = `no event of the request ${requestId}`;
      const found = await waitFor(() => events.get(requestId), { timeoutMs: EVENT_MS, message });
      const [event, ...more] = found.values();
      if (event === undefined || more.length > 0) throw new Error(`${found.size} events of ${requestId}`);
      return event;
    },
    close: async () => {
      subscription.unsubscribe();
      await connection.close();
      await server.stop();
    },
  };
}
