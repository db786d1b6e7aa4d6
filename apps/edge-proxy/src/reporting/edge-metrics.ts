import { Counter, Gauge, type Registry } from 'prom-client';
import { type Ending, type Exchange } from '../chat/exchange.js';

/** Counters of this process. Fleet-wide numbers come from the events; these say how this edge is doing. */
export class EdgeMetrics {
  readonly #requests: Counter;
  readonly #attempts: Counter;
  #inFlight = 0;

  constructor(registry: Registry) {
    this.#requests = new Counter({
      name: 'sluice_edge_requests_total',
      help: 'Requests that have ended, by endpoint and outcome.',
      labelNames: ['endpoint', 'outcome'],
      registers: [registry],
    });
    this.#attempts = new Counter({
      name: 'sluice_edge_attempts_total',
      help: 'Upstream calls that have ended, by provider and what the walk decided.',
      labelNames: ['provider', 'decision'],
      registers: [registry],
    });
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
    this.#requests.inc({ endpoint: exchange.endpoint, outcome: ending.outcome });
    for (const attempt of exchange.attempts) {
      this.#attempts.inc({ provider: attempt.provider, decision: attempt.decision });
    }
  }
}
