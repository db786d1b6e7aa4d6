import { ProblemError } from '../http/problem.js';

/** At a time: each takes up to about 60 MB of Postgres, and six connections stay free for all other requests. */
const MOST_RUNNING = 2;
/** More are turned away, and so is who has waited for as long as a page is patient. */
const MOST_WAITING = 16;
const LONGEST_WAIT_MS = 3_000;
const RETRY_AFTER_S = 2;

/** Lets two overviews be read at a time; the others wait their turn. */
export class OverviewTurns {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  /** Runs the work when it is its turn. Throws ProblemError 503 when too many wait, or it has waited too long. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.turn();
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  private turn(): Promise<void> {
    if (this.running < MOST_RUNNING) {
      this.running += 1;
      return Promise.resolve();
    }
    if (this.waiting.size >= MOST_WAITING) return Promise.reject(tooBusy());
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        clearTimeout(tooLate);
        resolve();
      };
      const tooLate = setTimeout(() => {
        this.waiting.delete(goOn);
        reject(tooBusy());
      }, LONGEST_WAIT_MS);
      this.waiting.add(goOn);
    });
  }

  /** The turn goes to who waits longest; `running` stays as it is then. */
  private pass(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.running -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}

const tooBusy = (): ProblemError =>
  new ProblemError(
    'too-busy',
    `${MOST_RUNNING} overviews are read at a time; try again, or a shorter span.`,
    {
      retryAfterS: RETRY_AFTER_S,
    },
  );
