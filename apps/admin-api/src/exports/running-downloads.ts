import type { Logger } from '@sluice/service-kit';
import type { TeamScope } from '@sluice/storage';
import { ProblemError } from '../http/problem.js';
import type { Caller } from '../sign-in/caller.js';

/** What {@link RunningDownloads} need. */
export interface RunningDownloadsOptions {
  /** Of these sessions those that go on, with who they are of as they are now; rejects while nobody knows. */
  readonly findCallers: (tokenHashes: readonly string[]) => Promise<ReadonlyMap<string, Caller>>;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** One download that has begun. */
export interface RunningDownload {
  /** Aborts when its session has ended, or its person may see something else than when it began. */
  readonly signal: AbortSignal;
  /** To be called once it has ended. */
  end(): void;
}

interface Entry {
  readonly caller: Caller;
  readonly over: AbortController;
  /** When its session was last known to go on. */
  confirmedAtMs: number;
}

/** The export service runs four: one person leaves room for others. */
export const MOST_DOWNLOADS_OF_ONE = 2;
/** A sign-out ends a download within five seconds; one of them is for the answer of the database. */
const CHECK_EVERY_MS = 4_000;
/** While the database is away nobody knows who has signed out; longer than this is too long. */
const LONGEST_UNCONFIRMED_MS = 60_000;
const RETRY_AFTER_S = 5;

/** Knows whose downloads run, and ends those whose person may no longer have them. */
export class RunningDownloads {
  private readonly entries = new Set<Entry>();
  private timer: NodeJS.Timeout | undefined;
  private checking = false;

  constructor(private readonly options: RunningDownloadsOptions) {}

  start(): void {
    this.timer = setInterval(() => void this.check(), CHECK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Throws ProblemError when this person has two already. */
  begin(caller: Caller): RunningDownload {
    const ofPerson = [...this.entries].filter((other) => other.caller.userName === caller.userName);
    if (ofPerson.length >= MOST_DOWNLOADS_OF_ONE) {
      const detail = `At most ${MOST_DOWNLOADS_OF_ONE} of yours run at a time; wait for one to end.`;
      throw new ProblemError('too-many-exports', detail, { retryAfterS: RETRY_AFTER_S });
    }
    const entry: Entry = { caller, over: new AbortController(), confirmedAtMs: this.options.now() };
    this.entries.add(entry);
    return { signal: entry.over.signal, end: () => void this.entries.delete(entry) };
  }

  /** One question for all of them; called by the timer, and by tests. */
  async check(): Promise<void> {
    if (this.entries.size === 0 || this.checking) return;
    this.checking = true;
    const asked = [...this.entries];
    try {
      const callers = await this.options.findCallers([
        ...new Set(asked.map((entry) => entry.caller.tokenHash)),
      ]);
      for (const entry of asked) {
        if (maySeeTheSame(entry.caller, callers.get(entry.caller.tokenHash))) {
          entry.confirmedAtMs = this.options.now();
        } else abort(entry);
      }
    } catch (error) {
      this.options.log.debug({ err: error }, 'the sessions of downloads cannot be checked');
      const since = this.options.now() - LONGEST_UNCONFIRMED_MS;
      for (const entry of asked) if (entry.confirmedAtMs < since) abort(entry);
    } finally {
      this.checking = false;
    }
  }
}

function abort({ over }: Entry): void {
  over.abort(new ProblemError('not-signed-in', 'The session has ended, or sees something else now.'));
}

const maySeeTheSame = (then: Caller, now: Caller | undefined): boolean =>
  now !== undefined && now.role === then.role && toKey(now.scope) === toKey(then.scope);

/** Team ids come in the order of their names. */
const toKey = (scope: TeamScope): string => JSON.stringify(scope.kind === 'all' ? null : scope.teamIds);
