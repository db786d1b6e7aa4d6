import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromCursor, toCursor } from './request-cursor.js';

const position = {
  occurredAt: '2026-11-22T10:00:00.123456Z',
  eventId: '0199a1b2-0000-7000-8000-000000000001',
};

describe('a cursor', () => {
  it('comes back as the position that it was, microseconds and all', () => {
    expect(fromCursor(toCursor(position))).toEqual(position);
  });

  it('of another making is none', () => {
    const wrong = [
      '',
      'abc',
      toCursor({ ...position, occurredAt: '2026-02-30T10:00:00.123456Z' }),
      toCursor({ ...position, occurredAt: '2026-11-22T10:00:00Z' }),
      toCursor({ ...position, eventId: "1' or '1'='1" }),
      toCursor({ ...position, eventId: `${position.eventId} ` }),
    ];
    for (const cursor of wrong) expect([cursor, fromCursor(cursor)]).toEqual([cursor, undefined]);
    fc.assert(fc.property(fc.string({ maxLength: 256 }), (text) => fromCursor(text) === undefined));
  });
});
