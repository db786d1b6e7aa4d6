import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newEventId, toCloudEvent, toRequestCompleted } from '../__fixtures__/request-event.js';
import { decodeDelivery } from './decode-delivery.js';

const SPOOL_ID = '0b0e7a52-8a6b-4b53-9a53-4b0f5ad0f7c1';
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const event = toCloudEvent(toRequestCompleted({ eventId: newEventId(), spoolId: SPOOL_ID, spoolSeq: 7 }));

describe('decodeDelivery', () => {
  it('reads a batch whose events carry fields that this version does not know', () => {
    const newer = { ...event, extension: 1, data: { ...(event.data as object), addedLater: true } };
    const { events, unreadable } = decodeDelivery(encode([newer]));
    expect(events.map(({ data }) => data)).toEqual([event.data]);
    expect(unreadable).toEqual([]);
  });

  const data = event.data as object;
  it.each([
    { what: 'no object', item: 17, reason: 'invalid_envelope: invalid_type', spoolSeq: null, eventId: null },
    { what: 'null', item: null, reason: 'invalid_envelope: invalid_type', spoolSeq: null, eventId: null },
    {
      what: 'no type',
      item: { ...event, type: undefined },
      reason: 'invalid_envelope: type invalid_type',
      spoolSeq: 7,
    },
    {
      what: 'a type nobody knows',
      item: { ...event, type: 'x.v2' },
      reason: 'unknown_type: x.v2',
      spoolSeq: 7,
    },
    {
      what: 'a number that cannot be one',
      item: { ...event, data: { ...data, spoolSeq: 1.5 } },
      reason: 'invalid_data: spoolSeq invalid_type',
      spoolSeq: null,
      spoolId: SPOOL_ID,
      eventId: event.id,
    },
    {
      what: 'ids of the wrong form',
      item: {
        ...event,
        subject: 'x'.repeat(500),
        id: 5,
        data: { spoolId: '../../etc', spoolSeq: -1, eventId: {} },
      },
      reason: 'invalid_envelope: id invalid_type',
      spoolSeq: null,
      spoolId: null,
      eventId: null,
    },
  ])('says of $what what is wrong and which number it had, without its content', (example) => {
    const { what, item, ...found } = example;
    const { events, unreadable } = decodeDelivery(encode([item]));
    expect([what, events]).toEqual([what, []]);
    expect(unreadable).toMatchObject([found]);
    expect(unreadable[0]?.payload).toEqual(encode(item));
  });

  it('never throws and never drops an event unseen, whatever the bytes are', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((json) => new TextEncoder().encode(json)),
      fc.array(fc.oneof(fc.jsonValue(), fc.constant(event)), { maxLength: 5 }).map(encode),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const { events, unreadable } = decodeDelivery(bytes);
        expect(events.length + unreadable.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('survives nesting that JSON can be read from but not written to', () => {
    const depth = 100_000;
    const deep = `{"type":"x","data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const { unreadable } = decodeDelivery(new TextEncoder().encode(deep));
    expect(unreadable).toHaveLength(1);
  });
});
