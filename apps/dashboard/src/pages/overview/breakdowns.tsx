import type { Overview, OverviewSums } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { Link } from 'react-router';
import { toPageSearch } from '../../api/request-filters.js';
import type { TimeSpan } from '../../api/time-span.js';
import { formatMs } from '../../format/durations.js';
import { formatUsd, formatUsdExact } from '../../format/money.js';
import { formatCompact, formatCount, formatShare } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { joinClasses } from '../../ui/join-classes.js';
import { EmptyState, Skeleton } from '../../ui/states.js';
import styles from './breakdowns.module.css';
import page from './overview.module.css';

type Kind = 'model' | 'provider' | 'team';
type Row = OverviewSums & { readonly name: string };

const NAMELESS: Readonly<Record<Kind, string>> = {
  model: 'no known model',
  provider: 'nobody was called',
  team: 'no team',
};

/** The span by model, by provider and by team; a name leads to its requests. */
export function Breakdowns({
  overview,
  span,
}: {
  readonly overview: Overview | undefined;
  readonly span: TimeSpan;
}): ReactElement {
  return (
    <div className={page['breakdowns']}>
      <Breakdown title="Models" kind="model" rows={overview?.models} span={span} />
      <div className={page['column']}>
        <Breakdown title="Providers" kind="provider" rows={overview?.providers} span={span} />
        <Breakdown title="Teams" kind="team" rows={overview?.teams} span={span} />
      </div>
    </div>
  );
}

function Breakdown({
  title,
  kind,
  rows,
  span,
}: {
  readonly title: string;
  readonly kind: Kind;
  readonly rows: readonly Row[] | undefined;
  readonly span: TimeSpan;
}): ReactElement {
  const most = Math.max(...(rows ?? []).map(({ requests }) => requests), 1);
  return (
    <Card title={title} isFlush>
      {rows?.length === 0 ? (
        <EmptyState title="No requests in this span" />
      ) : (
        <div className={styles['scroll']}>
          <table className={styles['table']}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Requests</th>
                <th scope="col">Errors</th>
                <th scope="col">Tokens</th>
                <th scope="col">Cost</th>
                <th scope="col">p95</th>
              </tr>
            </thead>
            <tbody>
              {rows === undefined ? (
                <tr>
                  <td colSpan={6}>
                    <Skeleton className={styles['skeleton']} />
                  </td>
                </tr>
              ) : (
                rows.map((row) => (
                  <BreakdownRow
                    key={row.name}
                    kind={kind}
                    row={row}
                    share={row.requests / most}
                    span={span}
                  />
                ))
              )}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function BreakdownRow({
  kind,
  row,
  share,
  span,
}: {
  readonly kind: Kind;
  readonly row: Row;
  readonly share: number;
  readonly span: TimeSpan;
}): ReactElement {
  const tokens = row.inputTokens + row.outputTokens;
  return (
    <tr>
      <th scope="row" className={styles['name']}>
        <span className={styles['bar']} style={{ width: `${String(share * 100)}%` }} aria-hidden="true" />
        {row.name === '' ? (
          <span className={styles['nameless']}>{NAMELESS[kind]}</span>
        ) : (
          <Link to={`/requests?${toPageSearch({ span, [kind]: row.name }).toString()}`} title={row.name}>
            {row.name}
          </Link>
        )}
      </th>
      <td title={formatCount(row.requests)}>{formatCompact(row.requests)}</td>
      <td className={joinClasses(row.failed > 0 && styles['bad'])} title={formatCount(row.failed)}>
        {formatShare(row.failed, row.requests)}
      </td>
      <td title={`${formatCount(row.inputTokens)} in, ${formatCount(row.outputTokens)} out`}>
        {formatCompact(tokens)}
      </td>
      <td title={formatUsdExact(row.costUsdNanos)}>{formatUsd(row.costUsdNanos)}</td>
      <td>{formatMs(row.latencyMs.p95)}</td>
    </tr>
  );
}
