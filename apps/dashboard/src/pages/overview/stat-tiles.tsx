import type { Overview, OverviewSums } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { Sparkline } from '../../charts/sparkline.js';
import { formatMs } from '../../format/durations.js';
import { formatUsd, formatUsdExact } from '../../format/money.js';
import { formatCompact, formatCount, formatShare } from '../../format/numbers.js';
import { Skeleton } from '../../ui/states.js';
import styles from './overview.module.css';

interface Tile {
  readonly label: string;
  readonly value: (sums: OverviewSums) => string;
  readonly note: (sums: OverviewSums) => string;
  /** The exact figure, on hover. */
  readonly exact?: (sums: OverviewSums) => string;
  readonly line: (sums: OverviewSums) => number | null;
}

const tokensOf = (sums: OverviewSums): number => sums.inputTokens + sums.outputTokens;

const TILES: readonly Tile[] = [
  {
    label: 'Requests',
    value: (sums) => formatCompact(sums.requests),
    exact: (sums) => formatCount(sums.requests),
    note: (sums) => (sums.rejected === 0 ? 'none rejected' : `${formatCount(sums.rejected)} rejected`),
    line: (sums) => sums.requests,
  },
  {
    label: 'Error rate',
    value: (sums) => formatShare(sums.failed, sums.requests),
    note: (sums) => `${formatCount(sums.failed)} failed`,
    line: (sums) => (sums.requests === 0 ? null : sums.failed / sums.requests),
  },
  {
    label: 'Tokens',
    value: (sums) => formatCompact(tokensOf(sums)),
    exact: (sums) => formatCount(tokensOf(sums)),
    note: (sums) => `${formatCompact(sums.inputTokens)} in · ${formatCompact(sums.outputTokens)} out`,
    line: tokensOf,
  },
  {
    label: 'Cost',
    value: (sums) => formatUsd(sums.costUsdNanos),
    exact: (sums) => formatUsdExact(sums.costUsdNanos),
    note: (sums) =>
      sums.requests === 0 ? 'no requests' : `${formatUsd(sums.costUsdNanos / sums.requests)} a request`,
    line: (sums) => sums.costUsdNanos,
  },
  {
    label: 'Latency p95',
    value: (sums) => formatMs(sums.latencyMs.p95),
    note: (sums) => `p50 ${formatMs(sums.latencyMs.p50)}`,
    line: (sums) => sums.latencyMs.p95,
  },
  {
    label: 'First token p95',
    value: (sums) => formatMs(sums.firstTokenMs.p95),
    note: (sums) => `p50 ${formatMs(sums.firstTokenMs.p50)}`,
    line: (sums) => sums.firstTokenMs.p95,
  },
];

/** The span in six numbers, each with its course. */
export function StatTiles({ overview }: { readonly overview: Overview | undefined }): ReactElement {
  return (
    <dl className={styles['tiles']}>
      {TILES.map((tile) => (
        <div key={tile.label} className={styles['tile']}>
          <dt className={styles['tileLabel']}>{tile.label}</dt>
          <dd className={styles['tileValue']} title={overview && tile.exact?.(overview.total)}>
            {overview === undefined ? (
              <Skeleton className={styles['tileSkeleton']} />
            ) : (
              tile.value(overview.total)
            )}
          </dd>
          <dd className={styles['tileNote']}>{overview && tile.note(overview.total)}</dd>
          <dd className={styles['tileLine']}>
            <Sparkline values={overview?.points.map(tile.line) ?? []} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
