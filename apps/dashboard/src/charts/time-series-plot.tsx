import { useEffect, useRef, useState, type ReactElement, type RefObject } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { localTime } from '../format/times.js';
import { useSeenTheme } from '../shell/theme.js';
import { SeriesDot } from './chart-legend.js';
import { stackBars, type TimeSeriesData } from './chart-series.js';
import { readColors, toPlotOptions } from './plot-options.js';
import type { TimeSeriesChartProps } from './time-series-chart.js';
import styles from './time-series-chart.module.css';

/** The moment under the pointer. */
interface Pointed {
  readonly index: number;
  readonly leftPx: number;
  readonly isRightHalf: boolean;
}

/** Draws on a canvas; the tooltip is text beside it. Chunk of its own, see time-series-chart.tsx. */
export function TimeSeriesPlot(props: TimeSeriesChartProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  usePlot(host, props, setPointed);
  return (
    <>
      <div ref={host} className={styles['canvas']} />
      {pointed !== null && <Tooltip {...props} pointed={pointed} />}
    </>
  );
}

function usePlot(
  host: RefObject<HTMLDivElement | null>,
  props: TimeSeriesChartProps,
  onPoint: (pointed: Pointed | null) => void,
): void {
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  const theme = useSeenTheme();
  const { data, syncName } = props;
  const canSelect = props.onSelectSpan !== undefined;
  // The drawing is made anew when its shape or colours change; new numbers only redraw.
  const shape = JSON.stringify(data.series.map(({ label, color, shape: kind }) => [label, color, kind]));

  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const setup = {
      series: latest.current.data.series.toReversed(),
      colors: readColors(element),
      formatTick: (value: number) => latest.current.formatTick(value),
      xRange: (): [number, number] => [latest.current.data.fromS, latest.current.data.toS],
      syncName,
      onCursor: (self: uPlot) => onPoint(toPointed(self, latest.current.data)),
      onSelect: canSelect ? (self: uPlot) => select(self, latest.current) : undefined,
    };
    const size = { width: element.clientWidth, height: element.clientHeight, series: [] };
    const made = new uPlot(toPlotOptions(setup, size), toPlotData(latest.current.data), element);
    plot.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
      onPoint(null);
    };
  }, [host, theme, shape, syncName, canSelect, onPoint]);
  useEffect(() => {
    plot.current?.setData(toPlotData(data));
  }, [data]);
}

/** The first series is drawn last, so that it lies on top of what is stacked on it. */
function toPlotData({ times, series }: TimeSeriesData): uPlot.AlignedData {
  const columns = stackBars(series).toReversed();
  return [[...times], ...columns.map((column) => [...column])];
}

function toPointed(plot: uPlot, { times, series }: TimeSeriesData): Pointed | null {
  const { idx: index, left } = plot.cursor;
  if (index === null || index === undefined || left === undefined || left < 0) return null;
  if (times[index] === undefined || series.every(({ values }) => (values[index] ?? null) === null))
    return null;
  const offsetPx = plot.over.offsetLeft;
  return { index, leftPx: left + offsetPx, isRightHalf: left > plot.over.clientWidth / 2 };
}

const LEAST_DRAG_PX = 6;

function select(plot: uPlot, { onSelectSpan }: TimeSeriesChartProps): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG_PX) return;
  const [fromS, toS] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSelectSpan?.(fromS, toS);
}

function Tooltip({
  data,
  format,
  pointed,
}: TimeSeriesChartProps & { readonly pointed: Pointed }): ReactElement | null {
  const atS = data.times[pointed.index];
  if (atS === undefined) return null;
  const isLong = data.toS - data.fromS > 86_400;
  const at = new Date(atS * 1000);
  const shift = pointed.isRightHalf ? 'translateX(calc(-100% - 12px))' : 'translateX(12px)';
  return (
    <div className={styles['tooltip']} style={{ left: pointed.leftPx, transform: shift }} aria-hidden="true">
      <span className={styles['when']}>{isLong ? localTime.minute(at) : localTime.clock(at)}</span>
      {data.series.map(({ label, color, values }) => {
        const value = values[pointed.index] ?? null;
        return (
          <div key={label} style={{ display: 'contents' }}>
            <SeriesDot color={color} />
            <span>{label}</span>
            <span className={styles['value']}>{value === null ? '–' : format(value)}</span>
          </div>
        );
      })}
    </div>
  );
}
