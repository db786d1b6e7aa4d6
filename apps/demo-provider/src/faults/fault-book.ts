// Decides which faults a request meets: those of its model's name, those armed on the ops port, those of its header.
import type { DemoModel } from '../models/demo-model.js';
import { hash64 } from '../ledger/hash64.js';
import { type Fault, type FaultPlan, NO_FAULTS } from './fault.js';
import { faultsFromHeader } from './faults-from-header.js';

/** Faults that the next requests meet, set on the ops port. */
export interface ArmedFault {
  readonly id: number;
  readonly faults: readonly Fault[];
  /** Name of a model as requested, or of its base; undefined means all. */
  readonly model: string | undefined;
  /** How many requests are still to meet it. */
  remaining: number;
}

/** What is known about a request when its faults are decided. */
export interface FaultedRequest {
  readonly model: DemoModel;
  /** Value of `x-demo-fault`. */
  readonly header: string | undefined;
  /** `fail-first` counts the calls that share it: the attempts of one request. */
  readonly key: () => string;
}

/** What the faults of one request come to. */
export interface DecidedFaults {
  readonly plan: FaultPlan;
  /** The faults that happen, as text, for the ledger. Null without any. */
  readonly text: string | null;
}

/** Calls of this many requests are remembered by `fail-first`; the oldest is forgotten first. */
const MOST_KEYS = 100_000;
/** So many `random` faults keep their own sequence; the oldest starts again. */
const MOST_SEQUENCES = 1_000;
const MOST_ARMED = 1_000;
const NOTHING: DecidedFaults = Object.freeze({ plan: NO_FAULTS, text: null });

/** The faults of this process. One instance; not shared between processes. */
export class FaultBook {
  private readonly calls = new Map<string, number>();
  private readonly sequences = new Map<string, () => number>();
  private armedFaults: ArmedFault[] = [];
  private nextId = 1;

  /** Throws FaultSyntaxError when the header cannot be read. Later faults win: model, then armed, then header. */
  decide(request: FaultedRequest): DecidedFaults {
    const { model, header } = request;
    if (header === undefined && this.armedFaults.length === 0 && model.faults.length === 0) return NOTHING;
    const asked = [
      ...model.faults,
      ...this.takeArmed(model),
      ...(header === undefined ? [] : faultsFromHeader(header)),
    ];
    const happening = asked.flatMap((fault) => this.resolve(fault, request));
    if (happening.length === 0) return NOTHING;
    return {
      plan: Object.assign({}, ...happening.map(({ plan }) => plan)) as FaultPlan, // Each of them is a FaultPlan.
      text: happening.map(({ text }) => text).join(';'),
    };
  }

  /** Sets faults for the next `next` requests. Throws RangeError when too many are set already. */
  arm(faults: readonly Fault[], next: number, model: string | undefined): ArmedFault {
    if (this.armedFaults.length >= MOST_ARMED) {
      throw new RangeError(`${MOST_ARMED} faults are set already. DELETE /faults clears them.`);
    }
    const armed = { id: this.nextId, faults, model, remaining: next };
    this.nextId += 1;
    this.armedFaults.push(armed);
    return armed;
  }

  armed(): readonly ArmedFault[] {
    return this.armedFaults;
  }

  /** Forgets armed faults, the calls that `fail-first` counted and the sequences of `random`. */
  clear(): void {
    this.armedFaults = [];
    this.calls.clear();
    this.sequences.clear();
  }

  private takeArmed(model: DemoModel): readonly Fault[] {
    const armed = this.armedFaults.find(
      (entry) => entry.model === undefined || entry.model === model.name || entry.model === model.base.id,
    );
    if (armed === undefined) return [];
    armed.remaining -= 1;
    if (armed.remaining <= 0) this.armedFaults = this.armedFaults.filter((entry) => entry !== armed);
    return armed.faults;
  }

  /** The fault itself, or nothing when its condition says no this time. */
  private resolve(fault: Fault, request: FaultedRequest): readonly { plan: FaultPlan; text: string }[] {
    switch (fault.kind) {
      case 'effect':
        return [fault];
      case 'fail-first':
        return this.countCall(`${fault.text} ${request.key()}`) <= fault.times
          ? this.resolve(fault.inner, request)
          : [];
      case 'random':
        return this.draw(fault.text, fault.seed) < fault.probability
          ? this.resolve(fault.inner, request)
          : [];
    }
  }

  private countCall(key: string): number {
    const calls = (this.calls.get(key) ?? 0) + 1;
    this.calls.delete(key);
    this.calls.set(key, calls);
    forgetOldest(this.calls, MOST_KEYS);
    return calls;
  }

  private draw(text: string, seed: number): number {
    let next = this.sequences.get(text);
    if (next === undefined) {
      next = mulberry32(seed);
      this.sequences.set(text, next);
      forgetOldest(this.sequences, MOST_SEQUENCES);
    }
    return next();
  }
}

/**
 * The key of `fail-first`: the attempts of one gateway request share all of their attempt id but the last number. Without
 * attempt ids the request id, else the body itself.
 */
export function faultKey(attemptId: string | undefined, requestId: string | undefined, body: string): string {
  if (attemptId !== undefined) return attemptId.replace(/\.\d+$/, '');
  if (requestId !== undefined) return requestId;
  const [high, low] = hash64(body);
  return `${high.toString(16)}-${low.toString(16)}`;
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

/** A small seeded generator of numbers in [0, 1): the same seed gives the same sequence everywhere. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
