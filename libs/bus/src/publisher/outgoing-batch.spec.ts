import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpoolFolder, type SpooledEvent } from '../spool/spool-folder.js';
import { cutBatches, toMessageId, toPayload } from './outgoing-batch.js';

const segment = new SpoolFolder('', '').toSegment(1, 0);
const toEvent = (sequence: number, subject: string, json: string): SpooledEvent => ({
  streamCode: 0,
  sequence,
  eventId: `id-${sequence}`,
  subject,
  json,
  jsonBytes: Buffer.byteLength(json),
  segment,
});

describe('cutBatches', () => {
  it('puts every event into one batch of its subject, in order, within the limits unless it is too large alone', () => {
    const part = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.json({ maxDepth: 1 }));
    const limits = { maxEvents: 4, maxBytes: 60 };
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const events = parts.map(([subject, json], at) => toEvent(at + 1, subject, json));
        const batches = cutBatches(events, limits);
        for (const batch of batches) {
          expect(toPayload(batch)).toHaveLength(batch.bytes);
          expect(batch.events.length).toBeLessThanOrEqual(limits.maxEvents);
          if (batch.events.length > 1) expect(batch.bytes).toBeLessThanOrEqual(limits.maxBytes);
          expect(JSON.parse(toPayload(batch).toString())).toHaveLength(batch.events.length);
        }
        for (const subject of ['a', 'b', 'c']) {
          const cut = batches.filter((batch) => batch.subject === subject).flatMap((batch) => batch.events);
          expect(cut).toEqual(events.filter((event) => event.subject === subject));
        }
      }),
    );
  });

  it('gives the same events the same message id, and other events another', () => {
    const events = [toEvent(1, 'a', '{}'), toEvent(2, 'a', '{}')];
    const limits = { maxEvents: 64, maxBytes: 1000 };
    const [first, again] = [cutBatches(events, limits)[0]!, cutBatches(events, limits)[0]!];
    expect(first.id).not.toBe(again.id);
    expect(toMessageId(first)).toBe(toMessageId(again));
    expect(toMessageId(cutBatches(events.slice(1), limits)[0]!)).not.toBe(toMessageId(first));
  });
});
