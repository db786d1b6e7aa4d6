import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** One server-sent event. */
export interface SentEvent {
  /** `message` when it has no name. */
  readonly type: string;
  readonly data: string;
}

/** A stream of them, read as they come. */
export interface EventStream {
  readonly status: number;
  readonly type: string;
  readonly events: SentEvent[];
  readonly isEnded: boolean;
  close(): void;
}

/** Opens a stream; resolves with the head of the answer. */
export async function openEvents(url: string, cookie: string): Promise<EventStream> {
  const sent = request(url, { agent: false, headers: { cookie, accept: 'text/event-stream' } });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const stream = {
    status: answer.statusCode ?? 0,
    type: answer.headers['content-type'] ?? '',
    events: [] as SentEvent[],
    isEnded: false,
    close: () => {
      sent.destroy();
    },
  };
  let rest = '';
  // The test that breaks a stream looks at isEnded.
  answer.on('error', () => undefined).on('close', () => (stream.isEnded = true));
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = field('data');
      if (data !== undefined) stream.events.push({ type: field('event') ?? 'message', data });
    }
  });
  return stream;
}
