import type { RecordedCase } from './recorded-case.js';

/** Counts cases by kind and provider, and makes a table of them. */
export class Tally {
  readonly #passed = new Set<string>();
  readonly #ran: RecordedCase[] = [];

  begin(recorded: RecordedCase): void {
    this.#ran.push(recorded);
  }

  pass(recorded: RecordedCase): void {
    this.#passed.add(recorded.id);
  }

  toText(): string {
    const table = [...this.#rows((one) => one.kind), '', ...this.#rows((one) => one.provider)];
    return [...table, '', `all: ${this.#passed.size} passed of ${this.#ran.length}`].join('\n');
  }

  #rows(labelOf: (recorded: RecordedCase) => string): string[] {
    const labels = [...new Set(this.#ran.map(labelOf))].sort();
    return labels.map((label) => {
      const ran = this.#ran.filter((one) => labelOf(one) === label);
      const passed = ran.filter((one) => this.#passed.has(one.id));
      const lost = ran.filter((one) => !this.#passed.has(one.id)).map((one) => one.id);
      const note = lost.length === 0 ? '' : `   not: ${lost.join(' ')}`;
      return `${label.padEnd(26)} ${passed.length} of ${ran.length}${note}`;
    });
  }
}
