import type { LiveNumbers, LiveRates, RequestCompleted } from '@sluice/contracts';
import { emptySketch, mergeInto, observe, quantile, type QuantileSketch } from './quantile-sketch.js';
import { type LabelledEvent, type MetricLabels, toMetricLabels } from './to-metric-labels.js';

/** The fields of a request event that the live numbers need. */
export type LiveEvent = LabelledEvent &
  Pick<RequestCompleted, 'eventId' | 'occurredAt' | 'outcome'> & {
    readonly tokens: Pick<RequestCompleted['tokens'], 'input' | 'output'>;
    readonly timing: Pick<RequestCompleted['timing'], 'totalMs'>;
  };

const SPAN_SECONDS = 60;
/** Model × provider pairs of one second and of a message; further ones are counted together. */
const MOST_SERIES = 100;
const OTHER: MetricLabels = { model: 'other', provider: 'other' };
/** Above this many in one second a repetition is no longer noticed. Bounds the ids of a minute to some 30 MB. */
const MOST_IDS_PER_SECOND = 5_000;

interface Sums {
  requests: number;
  tokens: number;
  errors: number;
  readonly latency: QuantileSketch;
}

type Series = MetricLabels & Sums;

interface Second {
  readonly ids: Set<string>;
  readonly series: Map<string, Series>;
}

/**
 * The requests that ended within the last 60 whole seconds, by the clock of this process and the end that the event tells. An
 * event that is heard twice counts once; one that is older than the span, from a spool that was held up, is not live.
 */
export class LiveCounters {
  readonly #now: () => number;
  readonly #startedAtSecond: number;
  readonly #seconds = new Map<number, Second>();

  /** `now` gives milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#startedAtSecond = toSecond(now());
  }

  add(event: LiveEvent): void {
    const current = toSecond(this.#now());
    const ended = toSecond(Date.parse(event.occurredAt) + Math.max(0, event.timing.totalMs));
    // An edge whose clock is ahead is live all the same.
    const at = Math.min(ended, current);
    if (at < current - SPAN_SECONDS) return;
    this.#forgetBefore(current - SPAN_SECONDS);
    const second = this.#secondOf(at);
    if (second.ids.has(event.eventId)) return;
    if (second.ids.size < MOST_IDS_PER_SECOND) second.ids.add(event.eventId);
    const sums = seriesOf(second.series, toMetricLabels(event));
    sums.requests += 1;
    sums.tokens += event.tokens.input + event.tokens.output;
    if (event.outcome === 'failed' || event.outcome === 'unknown') sums.errors += 1;
    observe(sums.latency, event.timing.totalMs);
  }

  /** The rates over the whole seconds before now. */
  read(): Omit<LiveNumbers, 'instance'> {
    const current = toSecond(this.#now());
    this.#forgetBefore(current - SPAN_SECONDS);
    const spanSeconds = Math.min(SPAN_SECONDS, Math.max(1, current - this.#startedAtSecond));
    const total = emptySums();
    const bySeries = new Map<string, Series>();
    for (const [at, second] of this.#seconds) {
      if (at < current - spanSeconds || at >= current) continue;
      for (const part of second.series.values()) {
        addSums(total, part);
        addSums(seriesOf(bySeries, part), part);
      }
    }
    const busiestFirst = [...bySeries.values()].sort((a, b) => b.requests - a.requests);
    return {
      at: new Date(current * 1_000).toISOString(),
      spanSeconds,
      total: toRates(total, spanSeconds),
      series: busiestFirst.map((series) => ({
        model: series.model,
        provider: series.provider,
        ...toRates(series, spanSeconds),
      })),
    };
  }

  #secondOf(at: number): Second {
    const known = this.#seconds.get(at);
    if (known !== undefined) return known;
    const made = { ids: new Set<string>(), series: new Map<string, Series>() };
    this.#seconds.set(at, made);
    return made;
  }

  #forgetBefore(oldest: number): void {
    for (const at of this.#seconds.keys()) if (at < oldest) this.#seconds.delete(at);
  }
}

const toSecond = (ms: number): number => Math.floor(ms / 1_000);

const emptySums = (): Sums => ({ requests: 0, tokens: 0, errors: 0, latency: emptySketch() });

/** The last place is for all those that no longer get one. */
function seriesOf(all: Map<string, Series>, labels: MetricLabels): Series {
  const key = JSON.stringify([labels.model, labels.provider]);
  const known = all.get(key);
  if (known !== undefined) return known;
  if (all.size >= MOST_SERIES - 1 && labels !== OTHER) return seriesOf(all, OTHER);
  const made: Series = { model: labels.model, provider: labels.provider, ...emptySums() };
  all.set(key, made);
  return made;
}

function addSums(sum: Sums, part: Sums): void {
  sum.requests += part.requests;
  sum.tokens += part.tokens;
  sum.errors += part.errors;
  mergeInto(sum.latency, part.latency);
}

function toRates(sums: Sums, spanSeconds: number): LiveRates {
  return {
    requestsPerSecond: sums.requests / spanSeconds,
    tokensPerSecond: sums.tokens / spanSeconds,
    errorsPerSecond: sums.errors / spanSeconds,
    latencyMs: { p50: quantile(sums.latency, 0.5), p95: quantile(sums.latency, 0.95) },
  };
}
