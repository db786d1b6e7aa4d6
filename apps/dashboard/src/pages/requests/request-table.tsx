import type { RequestSummary } from '@sluice/contracts';
import type { KeyboardEvent, ReactElement } from 'react';
import { Link, useLocation } from 'react-router';
import type { RequestFilters } from '../../api/request-filters.js';
import { formatMs } from '../../format/durations.js';
import { formatUsd, formatUsdExact } from '../../format/money.js';
import { formatCount, NO_VALUE } from '../../format/numbers.js';
import { joinClasses } from '../../ui/join-classes.js';
import { Moment } from '../../ui/moment.js';
import { OutcomeBadge } from '../../ui/outcome-badge.js';
import { Skeleton } from '../../ui/states.js';
import styles from './request-table.module.css';

export interface RequestTableProps {
  readonly items: readonly RequestSummary[];
  readonly filters: RequestFilters;
  /** New rows light up for a moment. */
  readonly isFollowed: boolean;
  /** Shown while the rows of other filters are on their way. */
  readonly isOld: boolean;
}

/** One page of requests. Each row leads to its request; arrow keys move between rows. */
export function RequestTable({ items, isFollowed, isOld, filters }: RequestTableProps): ReactElement {
  const isLong = !(filters.span.kind === 'last' && ['15m', '1h', '6h'].includes(filters.span.range));
  return (
    <div className={styles['scroll']}>
      <table className={styles['table']} aria-busy={isOld}>
        <caption className="only-read-aloud">Requests, newest first</caption>
        <Head />
        <tbody className={isFollowed ? styles['followed'] : undefined} onKeyDown={moveByArrow}>
          {items.map((item) => (
            <Row key={item.eventId} item={item} isLong={isLong} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head(): ReactElement {
  return (
    <thead>
      <tr>
        <th scope="col">Time</th>
        <th scope="col">Outcome</th>
        <th scope="col">Model</th>
        <th scope="col" className={styles['wide']}>
          Provider
        </th>
        <th scope="col" className={styles['wide']}>
          Key
        </th>
        <th scope="col" className={joinClasses(styles['number'], styles['wide'])}>
          Tokens
        </th>
        <th scope="col" className={joinClasses(styles['number'], styles['wide'])}>
          Cost
        </th>
        <th scope="col" className={joinClasses(styles['number'], styles['wider'])}>
          First token
        </th>
        <th scope="col" className={styles['number']}>
          Duration
        </th>
      </tr>
    </thead>
  );
}

function Row({ item, isLong }: { readonly item: RequestSummary; readonly isLong: boolean }): ReactElement {
  const { search } = useLocation();
  const { tokens } = item;
  return (
    <tr className={styles['row']}>
      <td className={styles['time']}>
        <Link to={`/requests/${item.eventId}`} state={{ list: search }} className={styles['link']}>
          {isLong && (
            <>
              <Moment iso={item.occurredAt} as="day" className={styles['day']} />{' '}
            </>
          )}
          <Moment iso={item.occurredAt} as="clock" />
          <span className="only-read-aloud">, request {item.requestId}</span>
        </Link>
      </td>
      <td>
        <OutcomeBadge outcome={item.outcome} status={item.status} isQuiet />
      </td>
      <td className={styles['name']} title={item.requestedModel ?? undefined}>
        {item.requestedModel ?? <span className={styles['none']}>{NO_VALUE}</span>}
      </td>
      <td className={joinClasses(styles['name'], styles['wide'])} title={item.providerModel ?? undefined}>
        {item.provider ?? <span className={styles['none']}>{item.errorCode ?? NO_VALUE}</span>}
        {item.attemptCount > 1 && (
          <span className={styles['attempts']} title={`${String(item.attemptCount)} attempts`}>
            {item.attemptCount}×<span className="only-read-aloud"> attempts</span>
          </span>
        )}
      </td>
      <td
        className={joinClasses(styles['name'], styles['wide'])}
        title={`${item.keyId} · team ${item.teamId}`}
      >
        {item.keyName}
      </td>
      <td
        className={joinClasses(styles['number'], styles['wide'])}
        title={`${formatCount(tokens.input)} in, ${formatCount(tokens.output)} out`}
      >
        {formatCount(tokens.input)}
        <span className={styles['to']}> → </span>
        {formatCount(tokens.output)}
      </td>
      <td className={joinClasses(styles['number'], styles['wide'])} title={formatUsdExact(item.costUsdNanos)}>
        {formatUsd(item.costUsdNanos)}
      </td>
      <td className={joinClasses(styles['number'], styles['wider'])}>{formatMs(item.firstTokenMs)}</td>
      <td className={styles['number']}>{formatMs(item.totalMs)}</td>
    </tr>
  );
}

/** As many rows as fill a window, of the height that rows have. */
export function RequestTableSkeleton(): ReactElement {
  return (
    <div className={styles['scroll']} aria-busy="true" aria-label="Loading requests">
      <table className={styles['table']}>
        <Head />
        <tbody>
          {Array.from({ length: 16 }, (_, index) => (
            <tr key={index}>
              <td colSpan={9}>
                <Skeleton />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function moveByArrow(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const here = links.findIndex((link) => link === document.activeElement);
  const next = links[here + step];
  if (here === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
}
