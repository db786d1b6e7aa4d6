// Bytes of a segment -> frames. Never throws and never yields a frame whose CRC does not fit: what is damaged is
// skipped up to the next whole frame. JSON text holds no zero bytes, so no text can look like a frame's head.
import { crc32 } from 'node:zlib';
import {
  FRAME_CLOSED,
  FRAME_EVENT,
  FRAME_HEAD_BYTES,
  FRAME_HEADER,
  FRAME_INTENT,
  MAX_PAYLOAD_BYTES,
  MIN_PAYLOAD_BYTES,
  type EventFrame,
} from './frame.js';

/** A whole frame as read back. `start` and `end` are offsets in the segment. */
export type ScannedFrame =
  | { readonly kind: 'header'; readonly json: string; readonly end: number }
  | { readonly kind: 'intent'; readonly eventId: string; readonly json: string; readonly end: number }
  | { readonly kind: 'event'; readonly event: EventFrame; readonly end: number }
  | { readonly kind: 'closed'; readonly eventId: string; readonly end: number };

/** Which texts the reader wants decoded; the others come as empty strings. */
export interface ScanOptions {
  readonly eventJson: boolean;
  readonly intentJson: boolean;
}

/** Bytes of CRC work on places that turned out to be no frame, before the rest of a segment is given up. */
const DAMAGE_BUDGET_BYTES = 64 * 1024 * 1024;

/** Cuts the bytes of one segment into frames; feed it chunk after chunk. */
export class FrameScanner {
  /** Bytes that belong to no whole frame. */
  damagedBytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #restOffset: number;
  #budget = DAMAGE_BUDGET_BYTES;
  readonly #options: ScanOptions;

  constructor(options: ScanOptions, startOffset = 0) {
    this.#options = options;
    this.#restOffset = startOffset;
  }

  /** Returns the frames completed by `chunk`. `isLast`: nothing follows, so an incomplete frame is damage. */
  push(chunk: Buffer, isLast: boolean): ScannedFrame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: ScannedFrame[] = [];
    let at = 0;
    while (at < bytes.length && this.#budget > 0) {
      const length = this.#frameLength(bytes, at, isLast);
      if (length === 'incomplete') break;
      const frame = length === 'damaged' ? null : this.#decode(bytes, at, length);
      if (frame === null || length === 'damaged') {
        at += 1;
        this.damagedBytes += 1;
      } else {
        frames.push(frame);
        at += length;
      }
    }
    if (this.#budget <= 0) {
      this.damagedBytes += bytes.length - at;
      at = bytes.length;
    }
    // A copy, so that the caller may fill its chunk again.
    this.#rest = isLast ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    this.#restOffset += at;
    return frames;
  }

  #frameLength(bytes: Buffer, at: number, isLast: boolean): number | 'incomplete' | 'damaged' {
    const left = bytes.length - at;
    if (left < FRAME_HEAD_BYTES + MIN_PAYLOAD_BYTES) return isLast ? 'damaged' : 'incomplete';
    const payload = bytes.readUInt32LE(at);
    const kind = bytes[at + FRAME_HEAD_BYTES] ?? 0;
    if (payload < MIN_PAYLOAD_BYTES || payload > MAX_PAYLOAD_BYTES) return 'damaged';
    if (kind < FRAME_HEADER || kind > FRAME_CLOSED) return 'damaged';
    if (payload + FRAME_HEAD_BYTES > left) return isLast ? 'damaged' : 'incomplete';
    return payload + FRAME_HEAD_BYTES;
  }

  #decode(bytes: Buffer, at: number, length: number): ScannedFrame | null {
    const payload = bytes.subarray(at + FRAME_HEAD_BYTES, at + length);
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) {
      this.#budget -= length;
      return null;
    }
    return decodePayload(payload, this.#restOffset + at + length, this.#options);
  }
}

function decodePayload(payload: Buffer, end: number, options: ScanOptions): ScannedFrame | null {
  switch (payload[0]) {
    case FRAME_HEADER:
      return { kind: 'header', json: payload.toString('utf8', 1), end };
    case FRAME_INTENT: {
      const id = readText(payload, 1, payload[1]);
      if (id === null) return null;
      const json = options.intentJson ? payload.toString('utf8', id.end) : '';
      return { kind: 'intent', eventId: id.text, json, end };
    }
    case FRAME_EVENT:
      return decodeEvent(payload, end, options.eventJson);
    case FRAME_CLOSED: {
      const id = readText(payload, 1, payload[1]);
      return id === null ? null : { kind: 'closed', eventId: id.text, end };
    }
    default:
      return null;
  }
}

function decodeEvent(payload: Buffer, end: number, wantsJson: boolean): ScannedFrame | null {
  if (payload.length < 11) return null;
  const sequence = payload.readDoubleLE(2);
  const id = readText(payload, 10, payload[10]);
  if (id === null || id.end + 2 > payload.length || !Number.isSafeInteger(sequence)) return null;
  const subject = readText(payload, id.end + 1, payload.readUInt16LE(id.end));
  if (subject === null) return null;
  const event: EventFrame = {
    streamCode: payload[1] ?? 0,
    sequence,
    eventId: id.text,
    subject: subject.text,
    json: wantsJson ? payload.toString('utf8', subject.end) : '',
    jsonBytes: payload.length - subject.end,
  };
  return { kind: 'event', event, end };
}

/** The text of `length` bytes behind the last byte of its length, which is at `lengthAt`. */
function readText(
  payload: Buffer,
  lengthAt: number,
  length: number | undefined,
): { text: string; end: number } | null {
  const end = lengthAt + 1 + (length ?? 0);
  if (length === undefined || end > payload.length) return null;
  return { text: payload.toString('utf8', lengthAt + 1, end), end };
}
