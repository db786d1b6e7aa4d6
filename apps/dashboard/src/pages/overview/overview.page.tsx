import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useSearchParams } from 'react-router';
import { overviewQuery } from '../../api/overview.js';
import { parseTimeSpan, RANGE_LABEL, RANGES, type TimeSpan, writeTimeSpan } from '../../api/time-span.js';
import { useLiveFeed } from '../../api/use-live-feed.js';
import { Moment } from '../../ui/moment.js';
import { PageHeader } from '../../shell/page-header.js';
import { Button } from '../../ui/button.js';
import { Card } from '../../ui/card.js';
import { Segmented } from '../../ui/segmented.js';
import { ErrorState, Notice } from '../../ui/states.js';
import { Breakdowns } from './breakdowns.js';
import { HistoryCard } from './history-card.js';
import { LiveCards } from './live-cards.js';
import { LiveStatusPill } from './live-status-pill.js';
import styles from './overview.module.css';
import { StatTiles } from './stat-tiles.js';

/** What the gateway is doing now, and what a span of time came to. */
export function OverviewPage(): ReactElement {
  const [search, setSearch] = useSearchParams();
  const span = parseTimeSpan(search);
  const live = useLiveFeed();
  const overview = useQuery(overviewQuery(span));
  const choose = (next: TimeSpan): void =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      writeTimeSpan(after, next);
      return after;
    });
  return (
    <>
      <PageHeader title="Overview">{live !== null && <LiveStatusPill status={live.status} />}</PageHeader>
      {live !== null && <LiveCards live={live} />}
      <div className={styles['spanRow']}>
        <h2 className={styles['spanTitle']}>
          {span.kind === 'last' ? (
            RANGE_LABEL[span.range]
          ) : (
            <>
              <Moment iso={span.from} as="minute" /> to <Moment iso={span.to} as="minute" />
            </>
          )}
        </h2>
        <div className={styles['spanControls']}>
          {span.kind === 'between' && (
            <Button look="quiet" icon="close" onClick={() => choose({ kind: 'last', range: '1h' })}>
              Reset
            </Button>
          )}
          <Segmented
            label="Time range"
            options={RANGES.map((range) => ({ value: range, text: range, title: RANGE_LABEL[range] }))}
            value={span.kind === 'last' ? span.range : null}
            onChange={(range) => choose({ kind: 'last', range })}
          />
        </div>
      </div>
      {overview.error !== null && overview.data === undefined ? (
        <Card>
          <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
        </Card>
      ) : (
        <div className={styles['stack']} aria-busy={overview.isPlaceholderData}>
          {overview.error !== null && <Notice>Not up to date: {overview.error.message}</Notice>}
          <StatTiles overview={overview.data} />
          <HistoryCard overview={overview.data} onSelectSpan={choose} />
          <Breakdowns overview={overview.data} span={span} />
        </div>
      )}
    </>
  );
}
