import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameEncoder } from './frame.js';
import { FrameScanner, type ScannedFrame } from './frame-scanner.js';

interface Written {
  kind: 'intent' | 'event' | 'closed' | 'header';
  eventId: string;
  subject: string;
  sequence: number;
  json: string;
}

const record = fc.record<Written>({
  kind: fc.constantFrom('intent', 'event', 'closed', 'header'),
  eventId: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' }),
  subject: fc.constantFrom('sluice.v1.request.succeeded', 'sluice.v1.request.failed'),
  sequence: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
  json: fc.json({ maxDepth: 2 }),
});

function encode(records: readonly Written[]): Buffer {
  const encoder = new FrameEncoder();
  const parts = records.map((one) => {
    const length = encodeOne(encoder, one);
    return Buffer.from(encoder.buffer.subarray(0, length));
  });
  return Buffer.concat(parts);
}

function encodeOne(encoder: FrameEncoder, one: Written): number {
  if (one.kind === 'intent') return encoder.encodeIntent(one.eventId, one.json);
  if (one.kind === 'closed') return encoder.encodeClosed(one.eventId);
  if (one.kind === 'header') return encoder.encodeHeader(`{"last":${one.json}}`);
  return encoder.encodeEvent({ ...one, streamCode: 0, jsonBytes: 0 });
}

function scan(bytes: Buffer, chunkBytes: number): { frames: ScannedFrame[]; damagedBytes: number } {
  const scanner = new FrameScanner({ eventJson: true, intentJson: true });
  const frames: ScannedFrame[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += chunkBytes) {
    // A copy that is overwritten afterwards, as the reader's one chunk is.
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
    frames.push(...scanner.push(chunk, at + chunkBytes >= bytes.length));
    chunk.fill(0xaa);
  }
  return { frames, damagedBytes: scanner.damagedBytes };
}

/** A text for each frame, equal for what was written and what was read. */
const toTexts = (frames: readonly ScannedFrame[]): string[] =>
  frames.map((frame) => {
    if (frame.kind === 'header') return `header ${frame.json}`;
    if (frame.kind === 'closed') return `closed ${frame.eventId}`;
    if (frame.kind === 'intent') return `intent ${frame.eventId} ${frame.json}`;
    const { eventId, subject, sequence, json } = frame.event;
    return `event ${eventId} ${subject} ${sequence} ${json}`;
  });

const writtenTexts = (records: readonly Written[]): string[] =>
  records.map(({ kind, eventId, subject, sequence, json }) => {
    if (kind === 'header') return `header {"last":${json}}`;
    if (kind === 'closed') return `closed ${eventId}`;
    if (kind === 'intent') return `intent ${eventId} ${json}`;
    return `event ${eventId} ${subject} ${sequence} ${json}`;
  });

describe('frames on disk', () => {
  it('come back as they were written, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.integer({ min: 1, max: 400 }), (records, chunk) => {
        const { frames, damagedBytes } = scan(encode(records), chunk);
        expect(toTexts(frames)).toEqual(writtenTexts(records));
        expect(damagedBytes).toBe(0);
      }),
    );
  });

  it('never come back wrong and never stop the reader, whatever bits have flipped', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 7 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), flips, (records, places) => {
        const bytes = encode(records);
        for (const [place, bit] of places) bytes[place % bytes.length]! ^= 1 << bit;
        const known = new Set(writtenTexts(records));
        for (const text of toTexts(scan(bytes, 97).frames)) expect(known).toContain(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('behind a damaged stretch are read all the same', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 6 }),
        fc.array(record, { maxLength: 6 }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (before, after, noise) => {
          const { frames } = scan(Buffer.concat([encode(before), Buffer.from(noise), encode(after)]), 1000);
          expect(toTexts(frames)).toEqual([...writtenTexts(before), ...writtenTexts(after)]);
        },
      ),
    );
  });

  it('end at a half-written tail', () => {
    const records: Written[] = [1, 2, 3].map((sequence) => ({
      kind: 'event',
      eventId: `id-${sequence}`,
      subject: 's',
      sequence,
      json: '{}',
    }));
    const bytes = encode(records);
    const { frames } = scan(bytes.subarray(0, bytes.length - 1), 1000);
    expect(toTexts(frames)).toEqual(writtenTexts(records.slice(0, 2)));
  });

  it('cost bounded work even when all is damage that looks like heads', () => {
    // Each of these offsets claims a frame of 2 MiB.
    const bytes = Buffer.alloc(8 * 1024 * 1024);
    for (let at = 0; at + 9 < bytes.length; at += 9) {
      bytes.writeUInt32LE(2 * 1024 * 1024, at);
      bytes[at + 8] = 3;
    }
    const startedMs = performance.now();
    expect(scan(bytes, 256 * 1024)).toEqual({ frames: [], damagedBytes: bytes.length });
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});
