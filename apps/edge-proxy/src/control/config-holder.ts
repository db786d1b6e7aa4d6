import type { ConfigGeneration } from './config-generation.js';

/** Where the current generation stands. Swapped in one assignment; requests keep the one they began with. */
export class ConfigHolder {
  #current: ConfigGeneration;

  constructor(first: ConfigGeneration) {
    this.#current = first;
  }

  get current(): ConfigGeneration {
    return this.#current;
  }

  swap(next: ConfigGeneration): void {
    this.#current = next;
  }
}
