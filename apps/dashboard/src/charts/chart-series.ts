// What a chart over time is told. Nothing in here knows the library that draws.

export type SeriesColor = 'series-1' | 'series-2' | 'series-3' | 'series-bad' | 'series-warn';

export interface ChartSeries {
  readonly label: string;
  readonly color: SeriesColor;
  /** Bars stand on each other, the first at the bottom; lines and areas do not. */
  readonly shape: 'line' | 'area' | 'bars';
  /** One for each time; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface TimeSeriesData {
  /** Unix seconds, rising. A bar begins at its time. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** The whole axis, Unix seconds. */
  readonly fromS: number;
  readonly toS: number;
}

/** Sums of the bars up to each series, so that the tallest is drawn first; others stay as they are. */
export function stackBars(series: readonly ChartSeries[]): readonly (readonly (number | null)[])[] {
  const heights: number[] = [];
  return series.map(({ shape, values }) => {
    if (shape !== 'bars') return values;
    return values.map((value, index) => {
      heights[index] = (heights[index] ?? 0) + (value ?? 0);
      return heights[index];
    });
  });
}
