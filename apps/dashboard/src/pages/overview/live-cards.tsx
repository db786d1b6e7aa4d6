import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { LIVE_WINDOW_MS, type LivePoint, type LiveState } from '../../api/live-feed.js';
import { overviewQuery } from '../../api/overview.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import type { ChartSeries, TimeSeriesData } from '../../charts/chart-series.js';
import { TimeSeriesChart } from '../../charts/time-series-chart.js';
import { formatMs, formatMsTick } from '../../format/durations.js';
import { formatCompact, formatRate, formatRateTick } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { joinClasses } from '../../ui/join-classes.js';
import { mergeLive } from './merge-live.js';
import styles from './overview.module.css';

const SYNC = 'live';
const formatPerSecond = (value: number): string => `${formatRate(value)} /s`;

/** Two charts that move: how much goes through, and how long it takes. */
export function LiveCards({ live }: { readonly live: LiveState }): ReactElement {
  const { data: overview, dataUpdatedAt } = useQuery(overviewQuery({ kind: 'last', range: '15m' }));
  const nowMs = live.points.at(-1)?.atMs ?? dataUpdatedAt;
  const points = mergeLive(overview, live.points, nowMs);
  const rates = toData(points, nowMs, [
    { label: 'Requests', color: 'series-1', shape: 'area', pick: (point) => point.requestsPerSecond },
    { label: 'Errors', color: 'series-bad', shape: 'line', pick: (point) => point.errorsPerSecond },
  ]);
  const latencies = toData(points, nowMs, [
    { label: 'p50', color: 'series-3', shape: 'line', pick: (point) => point.p50Ms },
    { label: 'p95', color: 'series-2', shape: 'area', pick: (point) => point.p95Ms },
  ]);
  const total = live.latest?.total;
  const errors = total?.errorsPerSecond ?? 0;
  const isOld = live.status !== 'live' && live.status !== 'connecting';
  return (
    <div className={styles['live']}>
      <Card title="Throughput" aside={<ChartLegend series={rates.series} />}>
        <Figures isOld={isOld} testName="live-throughput">
          <Figure
            big
            value={total === undefined ? '–' : formatRate(total.requestsPerSecond)}
            unit="requests/s"
          />
          <Figure isBad={errors > 0} value={total === undefined ? '–' : formatRate(errors)} unit="errors/s" />
          <Figure value={total === undefined ? '–' : formatCompact(total.tokensPerSecond)} unit="tokens/s" />
        </Figures>
        <TimeSeriesChart
          label={`Requests and errors per second over the last 15 minutes; now ${formatRate(total?.requestsPerSecond ?? 0)} requests and ${formatRate(errors)} errors per second`}
          data={rates}
          format={formatPerSecond}
          formatTick={formatRateTick}
          syncName={SYNC}
        />
      </Card>
      <Card title="Latency" aside={<ChartLegend series={latencies.series} />}>
        <Figures isOld={isOld} testName="live-latency">
          <Figure big value={formatMs(total?.latencyMs.p95 ?? null)} unit="p95" />
          <Figure value={formatMs(total?.latencyMs.p50 ?? null)} unit="p50" />
        </Figures>
        <TimeSeriesChart
          label={`Latency over the last 15 minutes; now p50 ${formatMs(total?.latencyMs.p50 ?? null)}, p95 ${formatMs(total?.latencyMs.p95 ?? null)}`}
          data={latencies}
          format={formatMs}
          formatTick={formatMsTick}
          syncName={SYNC}
        />
      </Card>
    </div>
  );
}

function Figures({
  isOld,
  testName,
  children,
}: {
  readonly isOld: boolean;
  readonly testName: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <p className={joinClasses(styles['figures'], isOld && styles['old'])} data-testid={testName}>
      {children}
    </p>
  );
}

function Figure({
  value,
  unit,
  big = false,
  isBad = false,
}: {
  readonly value: string;
  readonly unit: string;
  readonly big?: boolean;
  readonly isBad?: boolean;
}): ReactElement {
  return (
    <span className={styles['figure']}>
      <span className={joinClasses(big ? styles['big'] : styles['second'], isBad && styles['bad'])}>
        {value}
      </span>{' '}
      <span className={styles['unit']}>{unit}</span>{' '}
    </span>
  );
}

type LiveSeries = Omit<ChartSeries, 'values'> & { readonly pick: (point: LivePoint) => number | null };

function toData(points: readonly LivePoint[], nowMs: number, series: readonly LiveSeries[]): TimeSeriesData {
  return {
    times: points.map(({ atMs }) => atMs / 1000),
    series: series.map(({ pick, ...rest }) => ({ ...rest, values: points.map(pick) })),
    fromS: (nowMs - LIVE_WINDOW_MS) / 1000,
    toS: nowMs / 1000,
  };
}
