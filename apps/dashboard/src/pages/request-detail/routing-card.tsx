import type { RequestDetail, RoutingRecord } from '@sluice/contracts';
import type { ReactElement } from 'react';
import { formatUsdExact } from '../../format/money.js';
import { NO_VALUE } from '../../format/numbers.js';
import { Badge } from '../../ui/badge.js';
import { Card } from '../../ui/card.js';
import { joinClasses } from '../../ui/join-classes.js';
import { planRouting, type RouteFate, type RouteRow } from './plan-routing.js';
import styles from './routing-card.module.css';

/** Which routes there were, in which order, and why some were left out. Nothing when nobody said. */
export function RoutingCard({ request }: { readonly request: RequestDetail }): ReactElement | null {
  const { routing } = request;
  if (routing === null || routing.candidates.length === 0) return null;
  return (
    <Card title="Routes" aside={<Strategy routing={routing} />} isFlush>
      <div className={styles['scroll']}>
        <table className={styles['table']}>
          <thead>
            <tr>
              <th scope="col">Order</th>
              <th scope="col">Route</th>
              <th scope="col">What became of it</th>
              <th scope="col">Estimated cost</th>
            </tr>
          </thead>
          <tbody>
            {planRouting(request).map((row) => (
              <Row key={row.key} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Strategy({ routing }: { readonly routing: RoutingRecord }): ReactElement {
  return (
    <span className={styles['strategy']}>
      <code>{routing.model}</code> by <code>{routing.strategy}</code>
    </span>
  );
}

function Row({ row }: { readonly row: RouteRow }): ReactElement {
  const { candidate, isFallback, fate } = row;
  const cost = candidate.estimatedCostUsdNanos;
  return (
    <tr className={joinClasses(fate.kind === 'filtered' && styles['filtered'])}>
      <td>{candidate.order ?? NO_VALUE}</td>
      <th scope="row" className={styles['route']}>
        <span className={styles['provider']}>{candidate.provider}</span>
        <span className={styles['model']}>
          {candidate.providerModel}
          {isFallback && ` · fallback ${candidate.model}`}
        </span>
      </th>
      <td>
        <Fate fate={fate} />
      </td>
      <td>{cost === null ? NO_VALUE : formatUsdExact(cost)}</td>
    </tr>
  );
}

function Fate({ fate }: { readonly fate: RouteFate }): ReactElement {
  switch (fate.kind) {
    case 'served':
      return <Badge tone="good">served</Badge>;
    case 'cancelled':
      return <Badge tone="calm">called, cancelled</Badge>;
    case 'unknown':
      return <Badge tone="bad">called, outcome unknown</Badge>;
    case 'failed':
      return (
        <Badge tone="bad">{fate.calls === 1 ? 'called, failed' : `called ${fate.calls} times, failed`}</Badge>
      );
    case 'filtered':
      return <Badge tone="warn">{fate.why}</Badge>;
    case 'not-reached':
      return <Badge tone="calm">not needed</Badge>;
  }
}
