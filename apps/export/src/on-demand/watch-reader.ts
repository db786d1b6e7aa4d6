import type { ServerResponse } from 'node:http';

/** A client must take so much, … */
const LEAST_LENGTH = 64 * 1024;
/** … in so long, while there is something for it. Slower ones would hold their place for days. */
const WINDOW_MS = 60_000;

/** Looks after how fast the client of an answer takes it. */
export interface ReaderWatch {
  /** Passes the chunks on as they are asked for, and counts them. */
  counted(chunks: AsyncIterable<string>): AsyncGenerator<string>;
  stop(): void;
}

/** Destroys the response of a client that takes less than 64 Ki characters in 60 s although more waits for it. */
export function watchReader(
  response: ServerResponse,
  { windowMs = WINDOW_MS }: { readonly windowMs?: number | undefined } = {},
): ReaderWatch {
  let taken = 0;
  let takenBefore = 0;
  const timer = setInterval(() => {
    // Where nothing waits the database is the slow one.
    if (response.writableNeedDrain && taken - takenBefore < LEAST_LENGTH) response.destroy();
    takenBefore = taken;
  }, windowMs);
  return {
    async *counted(chunks) {
      for await (const chunk of chunks) {
        taken += chunk.length;
        yield chunk;
      }
    },
    stop: () => clearInterval(timer),
  };
}
