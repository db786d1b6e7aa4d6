import type { ReactElement } from 'react';
import { joinClasses } from '../ui/join-classes.js';
import type { ChartSeries, SeriesColor } from './chart-series.js';
import styles from './time-series-chart.module.css';

/** Which colour is what. */
export function ChartLegend({
  series,
}: {
  readonly series: readonly Pick<ChartSeries, 'label' | 'color'>[];
}): ReactElement {
  return (
    <ul className={styles['legend']}>
      {series.map(({ label, color }) => (
        <li key={label} className={styles['entry']}>
          <SeriesDot color={color} />
          {label}
        </li>
      ))}
    </ul>
  );
}

export function SeriesDot({ color }: { readonly color: SeriesColor }): ReactElement {
  return <span className={joinClasses(styles['dot'], styles[color])} aria-hidden="true" />;
}
