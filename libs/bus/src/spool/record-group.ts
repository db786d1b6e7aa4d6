// Records that are written together: their frames, one after the other, in one buffer.
import type { FrameEncoder } from './frame.js';
import type { SpooledEvent } from './spool-folder.js';

/** About a hundred requests; what does not fit begins the next group. */
const GROUP_BYTES = 256 * 1024;

/** A record whose frame stands in a group. */
export type GroupMember =
  | { readonly kind: 'intent'; readonly eventId: string; readonly json: string }
  | { readonly kind: 'event'; readonly event: SpooledEvent };

/** One buffer, used again and again: write `buffer[0, length)` out before {@link clear}. */
export class RecordGroup {
  readonly buffer = Buffer.allocUnsafeSlow(GROUP_BYTES);
  readonly #members: GroupMember[] = [];
  /** For each member, the end of its frame in the buffer. */
  readonly #ends: number[] = [];
  length = 0;

  /** Takes over the frame that was encoded last. False when it does not fit. */
  add(encoder: FrameEncoder, frameBytes: number, member: GroupMember): boolean {
    if (this.length + frameBytes > GROUP_BYTES) return false;
    encoder.buffer.copy(this.buffer, this.length, 0, frameBytes);
    this.length += frameBytes;
    this.#members.push(member);
    this.#ends.push(this.length);
    return true;
  }

  /** Each record with the place of its frame in the buffer. */
  forEach(visit: (member: GroupMember, start: number, end: number) => void): void {
    for (const [index, member] of this.#members.entries()) {
      visit(member, this.#ends[index - 1] ?? 0, this.#ends[index] ?? this.length);
    }
  }

  clear(): void {
    this.#members.length = 0;
    this.#ends.length = 0;
    this.length = 0;
  }
}
