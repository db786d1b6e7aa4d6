import { Counter, Gauge, type Registry } from 'prom-client';
import type { Ending, Exchange } from '../chat/exchange.js';

/** Counters of this process. Fleet-wide numbers come from the events; these say how this edge is doing. */
export class EdgeMetrics {
  readonly #requests: PairCounter;
  readonly #attempts: PairCounter;
  #inFlight = 0;

  constructor(registry: Registry) {
    this.#requests = new PairCounter(
      new Counter({
        name: 'sluice_edge_requests_total',
        help: 'Requests that have ended, by endpoint and outcome.',
        labelNames: ['endpoint', 'outcome'],
        registers: [registry],
      }),
    );
    this.#attempts = new PairCounter(
      new Counter({
        name: 'sluice_edge_attempts_total',
        help: 'Upstream calls that have ended, by provider and what the walk decided.',
        labelNames: ['provider', 'decision'],
        registers: [registry],
      }),
    );
    const inFlight = (): number => this.#inFlight;
    new Gauge({
      name: 'sluice_edge_requests_in_flight',
      help: 'Requests that have begun and not ended.',
      registers: [registry],
      collect() {
        this.set(inFlight());
      },
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  onBegin(): void {
    this.#inFlight += 1;
  }

  onEnd(exchange: Exchange, ending: Ending): void {
    this.#inFlight -= 1;
    const { endpoint } = exchange;
    this.#requests.child(endpoint, ending.outcome).inc();
    for (const { provider, decision } of exchange.attempts) this.#attempts.child(provider, decision).inc();
  }
}

/** A counter with two labels; its children are kept, since looking one up by a labels object costs a microsecond. */
class PairCounter {
  readonly #counter: Counter;
  readonly #children = new Map<string, Counter.Internal>();

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  /** Both values come from short lists: endpoints, outcomes, configured providers. */
  child(first: string, second: string): Counter.Internal {
    const key = `${first} ${second}`;
    let child = this.#children.get(key);
    if (child === undefined) {
      child = this.#counter.labels(first, second);
      this.#children.set(key, child);
    }
    return child;
  }
}
