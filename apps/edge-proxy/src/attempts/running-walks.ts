// The walks under way. Not a Set: each table that a Set outgrows points to the next one, so once one of them is
// old, all later ones and what they held survive every young collection (measured: 14 % of the CPU went there).

/** A walk under way. */
export interface RunningWalk {
  /** Ends the request with a word to the client, since the gateway is being stopped. */
  stop(): void;
  /** Where it stands; kept by {@link RunningWalks} alone. */
  place: number;
}

/** A bag with constant-time removal: each member knows its place. */
export class RunningWalks {
  readonly #walks: RunningWalk[] = [];

  get size(): number {
    return this.#walks.length;
  }

  add(walk: RunningWalk): void {
    walk.place = this.#walks.length;
    this.#walks.push(walk);
  }

  /** Does nothing when it is not there. */
  delete(walk: RunningWalk): void {
    if (this.#walks[walk.place] !== walk) return;
    const last = this.#walks.pop();
    if (last === undefined || last === walk) return;
    this.#walks[walk.place] = last;
    last.place = walk.place;
  }

  /** Stops all; each removes itself as it ends. */
  stopAll(): void {
    for (const walk of [...this.#walks]) walk.stop();
  }
}
