import type { Overview, OverviewSums } from '@sluice/contracts';
import type { OverviewDimension, OverviewGroup } from '@sluice/storage';
import type { OverviewSpan } from './plan-span.js';
import { quantileOfBuckets } from './quantile-of-buckets.js';

const MOST_NAMES = 20;

/** What the database added up, as the answer: every step has its point, the busiest names come first. */
export function toOverview(span: OverviewSpan, groups: readonly OverviewGroup[]): Overview {
  const of = (dimension: OverviewDimension) => groups.filter((group) => group.dimension === dimension);
  const byName = (dimension: OverviewDimension) =>
    of(dimension)
      .sort((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_NAMES)
      .map((group) => ({ name: group.name, ...toSums(group) }));
  return {
    from: span.from.toISOString(),
    to: span.to.toISOString(),
    stepSeconds: span.stepSeconds,
    total: toSums(of('total')[0]),
    points: toPoints(span, new Map(of('step').map((group) => [group.name, group]))),
    models: byName('model'),
    providers: byName('provider'),
    teams: byName('team'),
  };
}

function toPoints(span: OverviewSpan, steps: ReadonlyMap<string, OverviewGroup>): Overview['points'] {
  const points: Overview['points'] = [];
  for (let atMs = span.from.getTime(); atMs < span.to.getTime(); atMs += span.stepSeconds * 1_000) {
    const at = new Date(atMs).toISOString();
    points.push({ at, ...toSums(steps.get(at)) });
  }
  return points;
}

function toSums(group: OverviewGroup | undefined): OverviewSums {
  return {
    requests: group?.requests ?? 0,
    failed: group?.failed ?? 0,
    rejected: group?.rejected ?? 0,
    inputTokens: group?.inputTokens ?? 0,
    outputTokens: group?.outputTokens ?? 0,
    costUsdNanos: group?.costUsdNanos ?? 0,
    latencyMs: toQuantiles(group?.latencyBuckets ?? []),
    firstTokenMs: toQuantiles(group?.firstTokenBuckets ?? []),
  };
}

const toQuantiles = (counts: readonly number[]): OverviewSums['latencyMs'] => ({
  p50: quantileOfBuckets(counts, 0.5),
  p95: quantileOfBuckets(counts, 0.95),
});
