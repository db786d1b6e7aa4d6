import type { ClientDialect, Play } from './client-dialect.js';

/** Counts cases by provider, kind and client dialect, and makes a table of them. */
export class Tally {
  readonly #passed = new Set<string>();
  readonly #ran: Play[] = [];
  readonly #notes = new Map<string, number>();

  begin(play: Play): void {
    this.#ran.push(play);
  }

  pass(play: Play): void {
    this.#passed.add(play.title);
  }

  /** A reason for something that was left out or refused; the table ends with how often. */
  note(reason: string): void {
    this.#notes.set(reason, (this.#notes.get(reason) ?? 0) + 1);
  }

  toText(): string {
    const rows = [
      row('provider and kind', 'chat client', 'messages client'),
      ...this.#rows(({ recorded }) => `${recorded.provider} ${recorded.kind}`),
      '',
      ...this.#rows(({ recorded }) => recorded.provider),
      '',
      ...this.#rows(() => 'all'),
    ];
    const lost = this.#ran
      .filter(({ title }) => !this.#passed.has(title))
      .map(({ title }) => `not: ${title}`);
    const notes = [...this.#notes].sort().map(([reason, count]) => `${String(count).padStart(5)}  ${reason}`);
    return [...rows, ...lost, '', ...notes].join('\n');
  }

  #rows(labelOf: (play: Play) => string): string[] {
    const labels = [...new Set(this.#ran.map(labelOf))].sort();
    return labels.map((label) => {
      const ran = this.#ran.filter((play) => labelOf(play) === label);
      const cell = (client: ClientDialect): string => {
        const of = ran.filter((play) => play.client === client);
        const passed = of.filter(({ title }) => this.#passed.has(title)).length;
        return of.length === 0 ? '-' : `${passed} of ${of.length}`;
      };
      return row(label, cell('chat'), cell('messages'));
    });
  }
}

const row = (label: string, ...cells: readonly string[]): string =>
  label.padEnd(34) + cells.map((cell) => cell.padStart(18)).join('');
