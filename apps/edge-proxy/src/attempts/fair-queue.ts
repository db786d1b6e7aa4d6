// Who waits for a place at a provider, in a fair order: the callers take turns, each one's own requests keep theirs.

/** One that waits. Where it stands is kept by {@link FairQueue} alone. */
export class QueueEntry<T> {
  readonly item: T;
  /** Null before it is queued and after it has left. */
  lane: Lane<T> | null = null;
  previous: QueueEntry<T> | null = null;
  next: QueueEntry<T> | null = null;

  constructor(item: T) {
    this.item = item;
  }
}

/** The entries of one caller, first come first served; lanes form a ring. */
class Lane<T> {
  readonly caller: string;
  head: QueueEntry<T> | null = null;
  tail: QueueEntry<T> | null = null;
  length = 0;
  previous: Lane<T> = this;
  next: Lane<T> = this;

  constructor(caller: string) {
    this.caller = caller;
  }
}

/**
 * Round robin over callers, first come first served within each. Everything takes constant time, but an overflow, which
 * looks at every caller that waits.
 */
export class FairQueue<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  /** Whose turn it is. */
  #turn: Lane<T> | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /**
   * Queues an entry. When that many wait already, the newest entry of the caller with the most gives way, so a flood
   * under one key keeps out nobody but itself.
   * @returns the entry that has no place: another's, the given one, or null when there was room
   */
  push(caller: string, entry: QueueEntry<T>, maxLength: number): QueueEntry<T> | null {
    const own = this.#lanes.get(caller);
    let displaced: QueueEntry<T> | null = null;
    if (this.#length >= maxLength) {
      const longest = this.#longestLane();
      if (longest === null || longest.length <= (own?.length ?? 0) + 1) return entry;
      displaced = longest.tail;
      if (displaced !== null) this.remove(displaced);
    }
    this.#append(own ?? this.#openLane(caller), entry);
    return displaced;
  }

  /** Takes out whose turn it is; null when nobody waits. */
  shift(): QueueEntry<T> | null {
    const lane = this.#turn;
    const entry = lane?.head ?? null;
    if (lane === null || entry === null) return null;
    this.#turn = lane.next;
    this.remove(entry);
    return entry;
  }

  /** @returns false when it does not wait here */
  remove(entry: QueueEntry<T>): boolean {
    const { lane, previous, next } = entry;
    if (lane === null) return false;
    if (previous === null) lane.head = next;
    else previous.next = next;
    if (next === null) lane.tail = previous;
    else next.previous = previous;
    entry.lane = entry.previous = entry.next = null;
    lane.length -= 1;
    this.#length -= 1;
    if (lane.length === 0) this.#closeLane(lane);
    return true;
  }

  #append(lane: Lane<T>, entry: QueueEntry<T>): void {
    entry.lane = lane;
    entry.previous = lane.tail;
    if (lane.tail === null) lane.head = entry;
    else lane.tail.next = entry;
    lane.tail = entry;
    lane.length += 1;
    this.#length += 1;
  }

  /** A new caller comes last in the round. */
  #openLane(caller: string): Lane<T> {
    const turn = this.#turn;
    const lane = new Lane<T>(caller);
    if (turn === null) {
      this.#turn = lane;
    } else {
      lane.previous = turn.previous;
      lane.next = turn;
      turn.previous.next = lane;
      turn.previous = lane;
    }
    this.#lanes.set(caller, lane);
    return lane;
  }

  #closeLane(lane: Lane<T>): void {
    this.#lanes.delete(lane.caller);
    if (lane.next === lane) {
      this.#turn = null;
      return;
    }
    lane.previous.next = lane.next;
    lane.next.previous = lane.previous;
    if (this.#turn === lane) this.#turn = lane.next;
  }

  #longestLane(): Lane<T> | null {
    let longest: Lane<T> | null = null;
    for (const lane of this.#lanes.values()) {
      if (longest === null || lane.length > longest.length) longest = lane;
    }
    return longest;
  }
}
