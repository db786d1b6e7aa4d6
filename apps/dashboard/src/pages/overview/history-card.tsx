import type { Overview, OverviewSums } from '@sluice/contracts';
import { useState, type ReactElement } from 'react';
import type { TimeSpan } from '../../api/time-span.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import type { ChartSeries, TimeSeriesData } from '../../charts/chart-series.js';
import { TimeSeriesChart } from '../../charts/time-series-chart.js';
import { formatMs, formatMsTick } from '../../format/durations.js';
import { formatUsd } from '../../format/money.js';
import { formatCompact, formatCount } from '../../format/numbers.js';
import { Card } from '../../ui/card.js';
import { Segmented } from '../../ui/segmented.js';
import styles from './overview.module.css';

const MINUTE_MS = 60_000;

type HistorySeries = Omit<ChartSeries, 'values'> & { readonly pick: (sums: OverviewSums) => number | null };
interface HistoryView {
  readonly text: string;
  readonly series: readonly HistorySeries[];
  readonly format: (value: number) => string;
  readonly formatTick: (value: number) => string;
}

const VIEWS = {
  requests: {
    text: 'Requests',
    series: [
      {
        label: 'Served',
        color: 'series-1',
        shape: 'bars',
        pick: (sums) => sums.requests - sums.failed - sums.rejected,
      },
      { label: 'Rejected', color: 'series-warn', shape: 'bars', pick: (sums) => sums.rejected },
      { label: 'Failed', color: 'series-bad', shape: 'bars', pick: (sums) => sums.failed },
    ],
    format: formatCount,
    formatTick: formatCompact,
  },
  latency: {
    text: 'Latency',
    series: [
      { label: 'p50', color: 'series-3', shape: 'line', pick: (sums) => sums.latencyMs.p50 },
      { label: 'p95', color: 'series-2', shape: 'line', pick: (sums) => sums.latencyMs.p95 },
      {
        label: 'First token p95',
        color: 'series-warn',
        shape: 'line',
        pick: (sums) => sums.firstTokenMs.p95,
      },
    ],
    format: formatMs,
    formatTick: formatMsTick,
  },
  tokens: {
    text: 'Tokens',
    series: [
      { label: 'Input', color: 'series-1', shape: 'bars', pick: (sums) => sums.inputTokens },
      { label: 'Output', color: 'series-3', shape: 'bars', pick: (sums) => sums.outputTokens },
    ],
    format: formatCount,
    formatTick: formatCompact,
  },
  cost: {
    text: 'Cost',
    series: [{ label: 'Cost', color: 'series-2', shape: 'bars', pick: (sums) => sums.costUsdNanos }],
    format: formatUsd,
    formatTick: formatUsd,
  },
} as const satisfies Record<string, HistoryView>;
type ViewName = keyof typeof VIEWS;
const VIEW_NAMES = ['requests', 'latency', 'tokens', 'cost'] as const satisfies readonly ViewName[];

/** How the span went, step by step. Dragging over the chart looks closer. */
export function HistoryCard({
  overview,
  onSelectSpan,
}: {
  readonly overview: Overview | undefined;
  readonly onSelectSpan: (span: TimeSpan) => void;
}): ReactElement {
  const [name, setName] = useState<ViewName>('requests');
  const view: HistoryView = VIEWS[name];
  return (
    <Card>
      <div className={styles['historyBar']}>
        <Segmented
          label="What the history shows"
          options={VIEW_NAMES.map((value) => ({ value, text: VIEWS[value].text }))}
          value={name}
          onChange={setName}
        />
        <div className={styles['historyAside']}>
          <span className={styles['unit']}>{overview && `each ${stepText(overview.stepSeconds)}`}</span>
          <ChartLegend series={view.series} />
        </div>
      </div>
      <TimeSeriesChart
        label={`${view.text} over time`}
        data={toData(overview, view.series)}
        format={view.format}
        formatTick={view.formatTick}
        size="l"
        onSelectSpan={(fromS, toS) => onSelectSpan(wholeMinutes(fromS, toS))}
      />
    </Card>
  );
}

function toData(overview: Overview | undefined, series: readonly HistorySeries[]): TimeSeriesData {
  const points = overview?.points ?? [];
  return {
    times: points.map(({ at }) => Date.parse(at) / 1000),
    series: series.map(({ pick, ...rest }) => ({ ...rest, values: points.map(pick) })),
    fromS: Date.parse(overview?.from ?? '') / 1000 || 0,
    toS: Date.parse(overview?.to ?? '') / 1000 || 1,
  };
}

/** The API counts in whole minutes. */
function wholeMinutes(fromS: number, toS: number): TimeSpan {
  const fromMs = Math.floor((fromS * 1000) / MINUTE_MS) * MINUTE_MS;
  const toMs = Math.max(Math.ceil((toS * 1000) / MINUTE_MS) * MINUTE_MS, fromMs + MINUTE_MS);
  return { kind: 'between', from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

function stepText(stepSeconds: number): string {
  if (stepSeconds < 3600) return stepSeconds === 60 ? 'minute' : `${String(stepSeconds / 60)} minutes`;
  return stepSeconds === 3600 ? 'hour' : `${String(stepSeconds / 3600)} hours`;
}
