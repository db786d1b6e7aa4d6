import type { RequestCompleted } from '@sluice/contracts';
import { Counter, Histogram, type Registry } from 'prom-client';
import { type MetricLabels, toMetricLabels } from './to-metric-labels.js';

/** Model × provider pairs that get series of their own; some 40 series each. Those that come later share one. */
const MOST_PAIRS = 100;
const OTHER: MetricLabels = { model: 'other', provider: 'other' };
/** Instead of an empty label, which Prometheus takes for none at all. */
const NONE = 'none';
const NANOS_PER_USD = 1e9;
const SECONDS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600];

/** Cached input is part of input, reasoning of output; audio and image are parts of either: kinds are not to be added up. */
const TOKEN_KINDS = {
  input: 'input',
  output: 'output',
  cachedInput: 'cached_input',
  cacheWrite: 'cache_write',
  reasoning: 'reasoning',
  audio: 'audio',
  image: 'image',
} as const;

/** What one label set is counted with; looking children up by labels for each event costs microseconds. */
interface Series {
  readonly requests: Counter.Internal;
  readonly tokens: readonly (readonly [keyof typeof TOKEN_KINDS, Counter.Internal])[];
  readonly cost: Counter.Internal;
  readonly latency: Histogram.Internal<string>;
  readonly firstToken: Histogram.Internal<string>;
}

/**
 * The fleet's requests as Prometheus sees them: each event counts once over all aggregators together. Counters begin at 0 with
 * the process, as `rate()` and `increase()` expect; what was before is in `metric_minute`.
 */
export class FleetMetrics {
  readonly #all: ReturnType<typeof register>;
  readonly #series = new Map<string, Series>();
  readonly #pairs = new Set<string>();

  constructor(registry: Registry) {
    this.#all = register(registry);
  }

  /** Counts one event that is committed. */
  count(event: RequestCompleted): void {
    const series = this.#seriesOf(event);
    series.requests.inc();
    for (const [kind, counter] of series.tokens) {
      if (event.tokens[kind] > 0) counter.inc(event.tokens[kind]);
    }
    // A counter cannot go down; a correction below zero is in the roll-ups.
    if (event.costUsdNanos > 0) series.cost.inc(event.costUsdNanos / NANOS_PER_USD);
    series.latency.observe(Math.max(0, event.timing.totalMs) / 1_000);
    if (event.timing.firstTokenMs !== null) {
      series.firstToken.observe(Math.max(0, event.timing.firstTokenMs) / 1_000);
    }
  }

  #seriesOf(event: RequestCompleted): Series {
    const { model, provider } = this.#limited(toMetricLabels(event));
    const key = JSON.stringify([model, provider, event.outcome]);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const labels = [model === '' ? NONE : model, provider === '' ? NONE : provider] as const;
    const { requests, tokens, cost, latency, firstToken } = this.#all;
    const made: Series = {
      requests: requests.labels(...labels, event.outcome),
      tokens: Object.entries(TOKEN_KINDS).map(
        // Object.entries forgets the keys of its argument.
        ([field, kind]) => [field as keyof typeof TOKEN_KINDS, tokens.labels(...labels, event.outcome, kind)],
      ),
      cost: cost.labels(...labels, event.outcome),
      latency: latency.labels(...labels, event.outcome),
      firstToken: firstToken.labels(...labels, event.outcome),
    };
    this.#series.set(key, made);
    return made;
  }

  /** First come, first named. */
  #limited(labels: MetricLabels): MetricLabels {
    const pair = JSON.stringify([labels.model, labels.provider]);
    if (this.#pairs.has(pair)) return labels;
    if (this.#pairs.size >= MOST_PAIRS) return OTHER;
    this.#pairs.add(pair);
    return labels;
  }
}

const LABELS = ['model', 'provider', 'outcome'] as const;

function register(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'sluice_requests_total',
      help: 'Requests of the whole fleet that have ended.',
      labelNames: LABELS,
      registers,
    }),
    tokens: new Counter({
      name: 'sluice_tokens_total',
      help: 'Tokens by kind. cached_input is part of input, reasoning is part of output.',
      labelNames: [...LABELS, 'kind'] as const,
      registers,
    }),
    cost: new Counter({
      name: 'sluice_cost_usd_total',
      help: 'What the requests cost, in US dollars.',
      labelNames: LABELS,
      registers,
    }),
    latency: new Histogram({
      name: 'sluice_request_duration_seconds',
      help: 'From the receipt of a request to its last byte.',
      labelNames: LABELS,
      buckets: SECONDS,
      registers,
    }),
    firstToken: new Histogram({
      name: 'sluice_first_token_seconds',
      help: 'From the receipt of a request to its first token, of those that had one.',
      labelNames: LABELS,
      buckets: SECONDS,
      registers,
    }),
  };
}
