// A process that writes a spool until it is killed, and says what it has written: `intent <id>`, `event <id>`.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { EventSpool } from '../spool/event-spool.js';

const rootDir = process.argv[2] ?? '';
const quiet = (): void => undefined;
const spool = EventSpool.open({
  rootDir,
  segmentBytes: 64 * 1024,
  recoverIntent: () => ({ subject: 'sluice.v1.request.unknown', eventJson: '{}' }),
  log: { info: quiet, warn: quiet, error: (_facts, message) => say(`error ${message}`) },
});
const say = (line: string): void => void writeSync(1, `${line}\n`);
const openIds: string[] = [];

say(`spool ${spool.spoolId}`);
setInterval(() => {
  for (let n = 0; n < 20; n += 1) {
    const eventId = randomUUID();
    spool.appendIntent(eventId, JSON.stringify({ eventId }));
    say(`intent ${eventId}`);
    openIds.push(eventId);
    // Always some requests in flight.
    if (openIds.length < 30) continue;
    const finished = openIds.shift() ?? '';
    spool.appendRequestEvent(finished, 'sluice.v1.request.succeeded', (spoolSeq) =>
      JSON.stringify({ eventId: finished, spoolSeq, pad: 'x'.repeat(500) }),
    );
    say(`event ${finished}`);
  }
}, 1);
