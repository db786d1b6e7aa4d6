import type { MonotonicClock } from './deadline.js';
import { SlidingWindow, TICKETS } from './sliding-window.js';

/** When a breaker opens and how it recovers; the fields of the config's `circuitBreaker`. */
export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly consecutiveFailures: number;
  /** Share of failures, above 0 to 1, that opens it ... */
  readonly failureRatio: number;
  /** ... once that many calls lie in the window. */
  readonly minRequests: number;
  readonly windowMs: number;
  /** How long it stays open the first time; doubles with each opening that follows without a recovery that lasts. */
  readonly openForMs: number;
  /** Bound of the doubling; the jitter of up to a tenth comes on top. */
  readonly maxOpenForMs: number;
  /** Probes at the same time while half-open, and successes that close it. */
  readonly halfOpenProbes: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * What a call says of its target. `ignored`: nothing, e.g. a 429, a 4xx, a client that went away. `begun`: its stream
 * has begun; a probe has succeeded by that, but a row of failures ends only with a whole answer.
 */
export type BreakerOutcome = 'success' | 'begun' | 'failure' | 'ignored';

/** Why a breaker changed. */
export type BreakerCause =
  | 'failures-in-a-row'
  | 'failure-ratio'
  | 'probe-failed'
  /** Its open time is over, or a least-bad trial was served: the next calls are probes. */
  | 'probing'
  | 'probes-succeeded'
  | 'forced'
  | 'force-lifted';

/** A change of state; forcing a state that it already has is one too. */
export interface BreakerTransition {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly cause: BreakerCause;
  /** Failures that it has counted: in a row, or of `requests` in the window; 0 where the cause needs none. */
  readonly failures: number;
  /** Calls in the window, 0 unless the cause is the ratio. */
  readonly requests: number;
  /** How long it stays open, milliseconds, jitter included; null unless it opened by itself. */
  readonly openForMs: number | null;
}

export interface CircuitBreakerOptions {
  readonly settings: BreakerSettings;
  readonly now: MonotonicClock;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Hears of each change, in the turn in which it happens; must not throw and must not call the breaker. */
  readonly onChange?: (transition: BreakerTransition) => void;
}

type Mode =
  | { readonly state: 'closed'; readonly sinceMs: number; failuresInARow: number }
  | { readonly state: 'open'; readonly untilMs: number }
  | { readonly state: 'half-open'; successes: number };

/** What {@link CircuitBreaker.tryAcquire} gives when the call must not be sent. */
const REFUSED = 0;
/** Breakers of many processes must not probe in lockstep: up to this share is added to the open time. */
const JITTER_SHARE = 0.1;
/** 2 ** 30 times any duration is above every bound. */
const MAX_DOUBLINGS = 30;
/** When to ask again while probes are under way: how long they take is not known. */
const PROBE_POLL_MS = 1_000;
const CHANGES = 2 ** 27;

/**
 * Stops calls to a target that fails. Local to a process; counts calls at dispatch and takes ignored ones back.
 * Opening, half-opening and closing happen inside the calls below; there is no timer. Constant time, no allocation
 * but for changes of state.
 */
export class CircuitBreaker {
  readonly #now: MonotonicClock;
  readonly #random: () => number;
  readonly #onChange: (transition: BreakerTransition) => void;
  #settings: BreakerSettings;
  #window: SlidingWindow;
  #mode: Mode;
  #forced: 'open' | 'closed' | null = null;
  /** Counts changes; a permit carries the one under which it was given. */
  #change = 1;
  #probesInFlight = 0;
  #openings = 0;
  /** Probes and least-bad trials that began since `#trialsSinceMs`. */
  #trials = 0;
  #trialsSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: CircuitBreakerOptions) {
    this.#settings = options.settings;
    this.#now = options.now;
    this.#random = options.random;
    this.#onChange = options.onChange ?? ignoreChange;
    this.#window = new SlidingWindow(options.settings.windowMs);
    this.#mode = { state: 'closed', sinceMs: options.now(), failuresInARow: 0 };
  }

  /** An open breaker whose time is over is still `open` until a call asks to go through. */
  get state(): BreakerState {
    return this.#mode.state;
  }

  /** What a person set, null when it decides itself. */
  get forced(): 'open' | 'closed' | null {
    return this.#forced;
  }

  /** Whether {@link tryAcquire} would give a permit now. Changes nothing. */
  canAcquire(): boolean {
    if (this.#forced !== null) return this.#forced === 'closed';
    if (this.#mode.state === 'closed') return true;
    if (this.#mode.state === 'open' && this.#now() < this.#mode.untilMs) return false;
    return this.#hasFreeProbe();
  }

  /** @returns a permit above 0 that must be settled once; 0 when the call must not be sent */
  tryAcquire(): number {
    if (this.#forced !== null) return this.#forced === 'closed' ? this.#toPermit(false, 0) : REFUSED;
    const nowMs = this.#now();
    if (this.#mode.state === 'closed') {
      const ticket = this.#window.advance(nowMs);
      this.#window.add(ticket, 1, 0);
      return this.#toPermit(false, ticket);
    }
    if (this.#mode.state === 'open' && nowMs < this.#mode.untilMs) return REFUSED;
    if (!this.#hasFreeProbe()) return REFUSED;
    if (this.#mode.state === 'open') this.#halfOpen();
    return this.#acquireProbe(nowMs);
  }

  /**
   * For when every target of a request is open and this one is the least bad: while open, up to `halfOpenProbes`
   * trials within `openFor` (of the config, not doubled; probes count) go through. A served trial makes it half-open
   * at once; after a failed one it is not probed before that time is over. Forced open gives none.
   * @returns as {@link tryAcquire}
   */
  tryAcquireLeastBad(): number {
    const permit = this.tryAcquire();
    if (permit !== REFUSED || this.#forced !== null || this.#mode.state !== 'open') return permit;
    const nowMs = this.#now();
    const isUsedUp =
      nowMs - this.#trialsSinceMs < this.#settings.openForMs && this.#trials >= this.#settings.halfOpenProbes;
    return isUsedUp || !this.#hasFreeProbe() ? REFUSED : this.#acquireProbe(nowMs);
  }

  /**
   * Says what came of the call of a permit, once. A permit of an older state counts for nothing; what it holds is
   * released.
   */
  settle(permit: number, outcome: BreakerOutcome): void {
    const ticket = permit % TICKETS;
    const rest = (permit - ticket) / TICKETS;
    const isProbe = rest % 2 === 1;
    if (isProbe && this.#probesInFlight > 0) this.#probesInFlight -= 1;
    if ((rest - (isProbe ? 1 : 0)) / 2 !== this.#change || this.#forced !== null) return;
    if (this.#mode.state === 'closed') this.#settleCall(ticket, outcome);
    else if (isProbe) this.#settleProbe(outcome);
  }

  /**
   * A stream broke after its permit was settled as begun. While half-open it counts once a probe was served,
   * since it may be that one; while open it is no news.
   */
  noteFailure(): void {
    if (this.#forced !== null || this.#mode.state === 'open') return;
    if (this.#mode.state === 'half-open') {
      if (this.#mode.successes > 0) this.#open('probe-failed', 1, 0);
      return;
    }
    this.#window.add(this.#window.advance(this.#now()), 0, 1);
    this.#judge();
  }

  /** A stream that had begun came to its end. */
  noteSuccess(): void {
    if (this.#mode.state === 'closed') this.#mode.failuresInARow = 0;
  }

  /** How long until a call may go through, as far as it is known; 0 when one may now. */
  retryInMs(): number {
    if (this.canAcquire()) return 0;
    if (this.#forced !== null) return this.#settings.openForMs;
    const waitMs = this.#mode.state === 'open' ? this.#mode.untilMs - this.#now() : 0;
    return waitMs > 0 ? waitMs : PROBE_POLL_MS;
  }

  /**
   * Holds it open or closed, whatever the outcomes; null lets it decide again: from closed with nothing counted, from
   * open by probes.
   */
  force(state: 'open' | 'closed' | null): void {
    if (state === this.#forced) return;
    const wasForced = this.#forced;
    this.#forced = state;
    this.#openings = 0;
    if (state === 'open' || (state === null && wasForced === 'open')) {
      const mode: Mode =
        state === 'open'
          ? { state: 'open', untilMs: Number.POSITIVE_INFINITY }
          : { state: 'half-open', successes: 0 };
      this.#become(mode, { cause: state === null ? 'force-lifted' : 'forced' });
    } else {
      this.#close(state === null ? 'force-lifted' : 'forced');
    }
  }

  /** Takes a new config's settings; the state stays, an open time only gets shorter. */
  reconfigure(settings: BreakerSettings): void {
    if (settings.windowMs !== this.#settings.windowMs) {
      this.#window = new SlidingWindow(settings.windowMs);
      // Tickets of the old window mean other times in the new one.
      this.#change = (this.#change % CHANGES) + 1;
    }
    this.#settings = settings;
    if (this.#mode.state !== 'open' || this.#forced !== null) return;
    const latestMs = this.#now() + settings.maxOpenForMs * (1 + JITTER_SHARE);
    if (this.#mode.untilMs > latestMs) this.#mode = { state: 'open', untilMs: latestMs };
  }

  #settleCall(ticket: number, outcome: BreakerOutcome): void {
    if (this.#mode.state !== 'closed') return;
    const current = this.#window.advance(this.#now());
    if (outcome === 'ignored') {
      this.#window.add(ticket, -1, 0);
      return;
    }
    const marks = outcome === 'failure' ? 1 : 0;
    // A call that outlived the window counts where it ended: otherwise slow failures would never be seen.
    if (!this.#window.add(ticket, 0, marks)) this.#window.add(current, 1, marks);
    if (outcome === 'success') this.#mode.failuresInARow = 0;
    else if (outcome === 'failure') this.#judge();
  }

  /** Takes one more failure while closed, and opens when it is one too many. */
  #judge(): void {
    if (this.#mode.state !== 'closed') return;
    this.#mode.failuresInARow += 1;
    const { failuresInARow } = this.#mode;
    if (failuresInARow >= this.#settings.consecutiveFailures) {
      this.#open('failures-in-a-row', failuresInARow, 0);
      return;
    }
    const failures = this.#window.marks;
    // Streams that broke late may have left the window as calls and be in it as failures.
    const requests = Math.max(this.#window.calls, failures);
    if (requests < this.#settings.minRequests || failures < requests * this.#settings.failureRatio) return;
    this.#open('failure-ratio', failures, requests);
  }

  #settleProbe(outcome: BreakerOutcome): void {
    if (outcome === 'ignored') return;
    if (this.#mode.state === 'open') {
      if (outcome === 'failure') {
        // It was looked at just now: probes would be more than one look within that time.
        const untilMs = Math.max(this.#mode.untilMs, this.#trialsSinceMs + this.#settings.openForMs);
        this.#mode = { state: 'open', untilMs };
        return;
      }
      this.#halfOpen();
    }
    if (this.#mode.state !== 'half-open') return;
    if (outcome === 'failure') {
      this.#open('probe-failed', 1, 0);
      return;
    }
    this.#mode.successes += 1;
    if (this.#mode.successes >= this.#settings.halfOpenProbes) this.#close('probes-succeeded');
  }

  #hasFreeProbe(): boolean {
    return this.#probesInFlight < this.#settings.halfOpenProbes;
  }

  #acquireProbe(nowMs: number): number {
    if (nowMs - this.#trialsSinceMs >= this.#settings.openForMs) {
      this.#trialsSinceMs = nowMs;
      this.#trials = 0;
    }
    this.#trials += 1;
    this.#probesInFlight += 1;
    return this.#toPermit(true, 0);
  }

  #open(cause: BreakerCause, failures: number, requests: number): void {
    const nowMs = this.#now();
    const { openForMs: firstMs, maxOpenForMs, windowMs } = this.#settings;
    // One that opens soon after it closed has not recovered: its time goes on doubling.
    if (this.#mode.state === 'closed' && nowMs - this.#mode.sinceMs >= windowMs) this.#openings = 0;
    const boundedMs = Math.min(firstMs * 2 ** Math.min(this.#openings, MAX_DOUBLINGS), maxOpenForMs);
    const openForMs = boundedMs * (1 + JITTER_SHARE * this.#random());
    this.#openings += 1;
    this.#become({ state: 'open', untilMs: nowMs + openForMs }, { cause, failures, requests, openForMs });
  }

  #halfOpen(): void {
    this.#become({ state: 'half-open', successes: 0 }, { cause: 'probing' });
  }

  #close(cause: BreakerCause): void {
    this.#window = new SlidingWindow(this.#settings.windowMs);
    this.#become({ state: 'closed', sinceMs: this.#now(), failuresInARow: 0 }, { cause });
  }

  #become(mode: Mode, why: Pick<BreakerTransition, 'cause'> & Partial<BreakerTransition>): void {
    const from = this.#mode.state;
    this.#mode = mode;
    // Bounded so that a permit stays an exact integer.
    this.#change = (this.#change % CHANGES) + 1;
    this.#onChange({ failures: 0, requests: 0, openForMs: null, ...why, from, to: mode.state });
  }

  #toPermit(isProbe: boolean, ticket: number): number {
    return (this.#change * 2 + (isProbe ? 1 : 0)) * TICKETS + ticket;
  }
}

function ignoreChange(): void {
  // Nobody asked to hear of it.
}
