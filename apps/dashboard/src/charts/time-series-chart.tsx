import { lazy, Suspense, type ReactElement } from 'react';
import { joinClasses } from '../ui/join-classes.js';
import type { TimeSeriesData } from './chart-series.js';
import styles from './time-series-chart.module.css';

// The drawing library is a chunk of its own: pages without charts never load it.
const Plot = lazy(async () => ({ default: (await import('./time-series-plot.js')).TimeSeriesPlot }));

export interface TimeSeriesChartProps {
  /** Read aloud instead of the drawing: what it shows and its main figures. */
  readonly label: string;
  readonly data: TimeSeriesData;
  /** A value with its unit, for the tooltip. */
  readonly format: (value: number) => string;
  /** The same, short, for the axis. */
  readonly formatTick: (value: number) => string;
  /** Charts with the same name show the same moment under the pointer. */
  readonly syncName?: string;
  /** Called with Unix seconds when somebody drags over a span. */
  readonly onSelectSpan?: (fromS: number, toS: number) => void;
  readonly size?: 'm' | 'l';
}

/** Lines, areas or stacked bars over time. Its place is kept while the library loads. */
export function TimeSeriesChart(props: TimeSeriesChartProps): ReactElement {
  return (
    <figure
      className={joinClasses(styles['chart'], styles[props.size ?? 'm'])}
      role="img"
      aria-label={props.label}
    >
      <Suspense>
        <Plot {...props} />
      </Suspense>
    </figure>
  );
}
