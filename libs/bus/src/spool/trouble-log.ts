import { type BusLog, toErrorFacts } from '../bus-log.js';

const REFUSAL_LOG_INTERVAL_MS = 10_000;

/** Says once that records are dropped, and once that they are stored again. */
export class TroubleLog {
  readonly #log: BusLog;
  readonly #facts: object;
  readonly #countDropped: () => number;
  #isStoring = true;
  #droppedBefore = 0;
  #refusalLoggedAtMs = -Infinity;

  constructor(log: BusLog, facts: object, countDropped: () => number) {
    this.#log = log;
    this.#facts = facts;
    this.#countDropped = countDropped;
  }

  get isStoring(): boolean {
    return this.#isStoring;
  }

  /** The disk does not take records. */
  failed(error: unknown): void {
    if (!this.#isStoring) return;
    this.#isStoring = false;
    this.#droppedBefore = this.#countDropped();
    this.#log.error(
      { ...this.#facts, ...toErrorFacts(error) },
      'the spool cannot store events; requests go on and drops are counted',
    );
  }

  /** A record was written. */
  stored(): void {
    if (this.#isStoring) return;
    this.#isStoring = true;
    const dropped = this.#countDropped() - this.#droppedBefore;
    this.#log.warn({ ...this.#facts, dropped }, 'the spool stores events again');
  }

  /** One record's own fault, not the disk's. Callers' mistakes come in floods: some are logged, all are counted. */
  refused(error: unknown): void {
    if (performance.now() - this.#refusalLoggedAtMs < REFUSAL_LOG_INTERVAL_MS) return;
    this.#refusalLoggedAtMs = performance.now();
    this.#log.error(
      { ...this.#facts, ...toErrorFacts(error) },
      'a record cannot be stored and is dropped; drops are counted',
    );
  }

  /** Work beside the request path failed. */
  upkeepFailed(error: unknown): void {
    this.#log.warn(
      { ...this.#facts, ...toErrorFacts(error) },
      'spool upkeep failed; what comes round again is tried again',
    );
  }
}
