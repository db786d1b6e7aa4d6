// Clients that ask one after the other, on connections that are kept, plain and streamed by turns, until they are stopped.
import { EDGE_KEY } from '../harness/edge-process.js';

/** One request as its client saw it. */
export interface AskedRequest {
  readonly id: string;
  readonly isStream: boolean;
  /** The last state that was settled when the request went out. */
  readonly before: number;
  /** The last one that had begun when its answer was complete. */
  readonly after: number;
  /** Why it is no success; null when it is one. */
  readonly failure: string | null;
}

export interface SteadyLoad {
  readonly asked: readonly AskedRequest[];
  /** Waits for the requests under way. */
  stop(): Promise<void>;
}

export interface SteadyLoadOptions {
  readonly url: string;
  readonly clients: number;
  /** Numbers of the states that the test goes through; both rise. */
  readonly settled: () => number;
  readonly begun: () => number;
}

export function startSteadyLoad({ url, clients, settled, begun }: SteadyLoadOptions): SteadyLoad {
  const asked: AskedRequest[] = [];
  let isStopped = false;
  const client = async (name: number): Promise<void> => {
    for (let index = 0; !isStopped; index += 1) {
      const isStream = (index + name) % 2 === 0;
      const id = `client-${name}-${index}`;
      const before = settled();
      const failure = await ask(url, id, isStream);
      asked.push({ id, isStream, before, after: begun(), failure });
    }
  };
  const running = Array.from({ length: clients }, (_, name) => client(name));
  return {
    asked,
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

async function ask(url: string, id: string, isStream: boolean): Promise<string | null> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${EDGE_KEY}`,
        'content-type': 'application/json',
        'x-request-id': id,
      },
      body: JSON.stringify({ model: 'm', stream: isStream, messages: [] }),
    });
    const text = await response.text();
    if (response.status !== 200) return `${response.status}: ${text}`;
    const isWhole = isStream
      ? text.endsWith('data: [DONE]\n\n') && !text.includes('"error"')
      : text.endsWith('}');
    return isWhole ? null : `not whole: ${text.slice(-200)}`;
  } catch (error) {
    return String(error instanceof Error ? (error.cause ?? error) : error);
  }
}
