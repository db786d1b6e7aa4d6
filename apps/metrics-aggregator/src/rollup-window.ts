// Events -> what they add to which minute. Pure. All sums are integers, so that neither order nor grouping matters.
import { LATENCY_BUCKETS_MS, type NewMetricMinuteRow } from '@sluice/storage';
import type { RequestCompleted } from '@sluice/contracts';
import { toLabel, toMetricLabels } from './to-metric-labels.js';

const MINUTE_MS = 60_000;
/** No request lasts a week; a time beyond that is an edge's broken clock and must not spoil the sum. */
const LONGEST_MS = 7 * 24 * 60 * MINUTE_MS;

type MutableRow = { -readonly [Name in keyof NewMetricMinuteRow]: NewMetricMinuteRow[Name] };

/** One row per minute of receipt × model × provider × key × team × outcome, in order of first appearance. Never throws. */
export function rollUp(events: readonly RequestCompleted[]): NewMetricMinuteRow[] {
  const rows = new Map<string, MutableRow>();
  for (const event of events) {
    const labels = toRowLabels(event);
    const key = JSON.stringify(Object.values(labels));
    let row = rows.get(key);
    if (row === undefined) {
      row = { ...labels, ...emptySums() };
      rows.set(key, row);
    }
    addTo(row, event);
  }
  return [...rows.values()];
}

type RowLabels = Pick<NewMetricMinuteRow, 'minute' | 'model' | 'provider' | 'key_id' | 'team_id' | 'outcome'>;

function toRowLabels(event: RequestCompleted): RowLabels {
  const { model, provider } = toMetricLabels(event);
  return {
    minute: toMinute(event.occurredAt),
    model,
    provider,
    key_id: toLabel(event.keyId),
    team_id: toLabel(event.teamId),
    outcome: event.outcome,
  };
}

/** The begin of the minute, ISO 8601 UTC. */
export function toMinute(moment: string): string {
  return new Date(Math.floor(Date.parse(moment) / MINUTE_MS) * MINUTE_MS).toISOString();
}

const emptySums = (): Omit<MutableRow, keyof RowLabels> => ({
  requests: 0n,
  attempts: 0n,
  input_tokens: 0n,
  output_tokens: 0n,
  cached_input_tokens: 0n,
  cache_write_tokens: 0n,
  reasoning_tokens: 0n,
  cost_usd_nanos: 0n,
  latency_sum_us: 0n,
  latency_buckets: emptyBuckets(),
  first_token_sum_us: 0n,
  first_token_buckets: emptyBuckets(),
});

const emptyBuckets = (): number[] => new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0);

function addTo(row: MutableRow, event: RequestCompleted): void {
  const { tokens, timing } = event;
  row.requests += 1n;
  row.attempts += BigInt(event.attempts.length);
  row.input_tokens += BigInt(tokens.input);
  row.output_tokens += BigInt(tokens.output);
  row.cached_input_tokens += BigInt(tokens.cachedInput);
  row.cache_write_tokens += BigInt(tokens.cacheWrite);
  row.reasoning_tokens += BigInt(tokens.reasoning);
  row.cost_usd_nanos += BigInt(event.costUsdNanos);
  row.latency_sum_us += toMicroseconds(timing.totalMs);
  count(row.latency_buckets, timing.totalMs);
  if (timing.firstTokenMs === null) return;
  row.first_token_sum_us += toMicroseconds(timing.firstTokenMs);
  count(row.first_token_buckets, timing.firstTokenMs);
}

const toMicroseconds = (ms: number): bigint =>
  BigInt(Math.round(Math.min(Math.max(ms, 0), LONGEST_MS) * 1_000));

function count(buckets: number[], ms: number): void {
  const found = LATENCY_BUCKETS_MS.findIndex((bound) => ms <= bound);
  const index = found === -1 ? LATENCY_BUCKETS_MS.length : found;
  buckets[index] = (buckets[index] ?? 0) + 1;
}
