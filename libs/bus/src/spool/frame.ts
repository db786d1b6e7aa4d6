// One frame on disk: u32 length of the payload, u32 CRC-32 of the payload, payload. Integers are little endian.
//   header   1 | JSON                                             first frame of a segment
//   intent   2 | u8 id length | id | JSON
//   event    3 | u8 stream | f64 sequence | u8 id length | id | u16 subject length | subject | JSON
//   closed   4 | u8 id length | id                                ends an intent that gives no event
import { crc32 } from 'node:zlib';

export const FRAME_HEAD_BYTES = 8;
/** Kind, length of the id and one byte of id. A run of zero bytes is therefore never a frame. */
export const MIN_PAYLOAD_BYTES = 3;
/** Above what NATS takes by default (1 MiB), below half a segment. Larger records are refused before they are written. */
export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

export const FRAME_HEADER = 1;
export const FRAME_INTENT = 2;
export const FRAME_EVENT = 3;
export const FRAME_CLOSED = 4;

/** An event as the frame holds it. `jsonBytes` is set by the encoder. */
export interface EventFrame {
  readonly streamCode: number;
  readonly sequence: number;
  readonly eventId: string;
  readonly subject: string;
  readonly json: string;
  /** UTF-8 bytes of `json`. */
  jsonBytes: number;
}

const BASE_BUFFER_BYTES = 256 * 1024;
const FIXED_BYTES = 1024;

/** Encodes frames into one buffer that is used again and again: write `buffer[0, length)` out before the next call. */
export class FrameEncoder {
  readonly #base = Buffer.allocUnsafeSlow(BASE_BUFFER_BYTES);
  /** Holds the frame encoded last. */
  buffer: Buffer = this.#base;

  /** Returns the frame's length in bytes. @throws RangeError when id or JSON are too long. */
  encodeIntent(eventId: string, json: string): number {
    this.#reserve(eventId, '', json);
    const { buffer } = this;
    buffer[FRAME_HEAD_BYTES] = FRAME_INTENT;
    const end = this.#writeId(FRAME_HEAD_BYTES + 1, eventId);
    return this.#finish(end + buffer.write(json, end, 'utf8'));
  }

  /** Returns the frame's length in bytes and sets `frame.jsonBytes`. @throws RangeError when a part is too long. */
  encodeEvent(frame: EventFrame): number {
    this.#reserve(frame.eventId, frame.subject, frame.json);
    const { buffer } = this;
    let at = FRAME_HEAD_BYTES;
    buffer[at] = FRAME_EVENT;
    buffer[at + 1] = frame.streamCode;
    buffer.writeDoubleLE(frame.sequence, at + 2);
    at = this.#writeId(at + 10, frame.eventId);
    const subjectBytes = buffer.write(frame.subject, at + 2, 'utf8');
    buffer.writeUInt16LE(subjectBytes, at);
    at += 2 + subjectBytes;
    frame.jsonBytes = buffer.write(frame.json, at, 'utf8');
    return this.#finish(at + frame.jsonBytes);
  }

  /** Returns the frame's length in bytes. @throws RangeError when the id is too long. */
  encodeClosed(eventId: string): number {
    this.#reserve(eventId, '', '');
    this.buffer[FRAME_HEAD_BYTES] = FRAME_CLOSED;
    return this.#finish(this.#writeId(FRAME_HEAD_BYTES + 1, eventId));
  }

  /** Returns the frame's length in bytes. */
  encodeHeader(json: string): number {
    this.#reserve('', '', json);
    this.buffer[FRAME_HEAD_BYTES] = FRAME_HEADER;
    return this.#finish(FRAME_HEAD_BYTES + 1 + this.buffer.write(json, FRAME_HEAD_BYTES + 1, 'utf8'));
  }

  #reserve(eventId: string, subject: string, json: string): void {
    // UTF-8 takes at most three bytes for each UTF-16 unit; only long texts are worth an exact count.
    if (eventId.length > 85 || subject.length > 255) {
      throw new RangeError('event id (85) or subject (255 characters) is too long for the spool');
    }
    this.buffer = this.#base;
    if (json.length * 3 + FIXED_BYTES <= BASE_BUFFER_BYTES) return;
    const needed = Buffer.byteLength(json) + FIXED_BYTES;
    if (needed > MAX_PAYLOAD_BYTES) {
      throw new RangeError(`record of ${needed} bytes is larger than the spool takes (${MAX_PAYLOAD_BYTES})`);
    }
    // Rare and large: a buffer of its own, so that the one kept stays small.
    if (needed > BASE_BUFFER_BYTES) this.buffer = Buffer.allocUnsafeSlow(needed);
  }

  #writeId(at: number, eventId: string): number {
    const bytes = this.buffer.write(eventId, at + 1, 'utf8');
    this.buffer[at] = bytes;
    return at + 1 + bytes;
  }

  #finish(end: number): number {
    this.buffer.writeUInt32LE(end - FRAME_HEAD_BYTES, 0);
    this.buffer.writeUInt32LE(crc32(this.buffer.subarray(FRAME_HEAD_BYTES, end)), 4);
    return end;
  }
}
