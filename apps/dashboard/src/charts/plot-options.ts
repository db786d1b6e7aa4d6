// From what a chart is told to what uPlot is told.
import uPlot from 'uplot';
import { localTime } from '../format/times.js';
import type { ChartSeries, SeriesColor } from './chart-series.js';

const DAY_S = 86_400;
const AXIS_FONT = "11px 'Geist Variable', system-ui, sans-serif";
const Y_AXIS_PX = 52;

/** Colours of the theme as a canvas understands them. */
export interface PlotColors {
  readonly of: (color: SeriesColor) => string;
  readonly grid: string;
  readonly text: string;
  readonly surface: string;
}

/** Reads the theme's colours where `host` stands. */
export function readColors(host: HTMLElement): PlotColors {
  const read = (name: string): string => {
    host.style.color = `var(--${name})`;
    return getComputedStyle(host).color;
  };
  const known = new Map<SeriesColor, string>(
    (['series-1', 'series-2', 'series-3', 'series-bad', 'series-warn'] as const).map((name) => [
      name,
      read(name),
    ]),
  );
  const colors = { grid: read('grid-line'), text: read('text-faint'), surface: read('surface') };
  host.style.color = '';
  return { ...colors, of: (color) => known.get(color) ?? colors.text };
}

export interface PlotSetup {
  readonly series: readonly Pick<ChartSeries, 'label' | 'color' | 'shape'>[];
  readonly colors: PlotColors;
  readonly formatTick: (value: number) => string;
  readonly xRange: () => [number, number];
  readonly syncName: string | undefined;
  readonly onCursor: (plot: uPlot) => void;
  readonly onSelect: ((plot: uPlot) => void) | undefined;
}

/** Bars come in reversed: the tallest of a stack is drawn first. */
export function toPlotOptions(setup: PlotSetup, size: uPlot.Options): uPlot.Options {
  const { colors, onSelect, syncName } = setup;
  const grid = { stroke: colors.grid, width: 1 };
  return {
    ...size,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7, width: 2, fill: colors.surface },
      drag: { x: onSelect !== undefined, y: false, setScale: false },
      ...(syncName === undefined ? {} : { sync: { key: syncName, setSeries: false } }),
    },
    scales: {
      x: { time: true, range: () => setup.xRange() },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        stroke: colors.text,
        font: AXIS_FONT,
        size: 26,
        space: 72,
        gap: 6,
        grid: { show: false },
        ticks: { show: false },
        values: (_, splits, __, ___, stepS) => splits.map((atS) => formatTime(atS, stepS)),
      },
      {
        stroke: colors.text,
        font: AXIS_FONT,
        size: Y_AXIS_PX,
        space: 36,
        gap: 8,
        grid,
        ticks: { show: false },
        values: (_, splits) => splits.map((value) => (value === 0 ? '0' : setup.formatTick(value))),
      },
    ],
    series: [{}, ...setup.series.map((one) => toPlotSeries(one, colors))],
    hooks: {
      setCursor: [setup.onCursor],
      ...(onSelect === undefined ? {} : { setSelect: [onSelect] }),
    },
  };
}

function toPlotSeries(series: PlotSetup['series'][number], colors: PlotColors): uPlot.Series {
  const color = colors.of(series.color);
  if (series.shape === 'bars') {
    const paths = uPlot.paths.bars?.({ size: [0.78, 36], align: 1, radius: 0.12 });
    return {
      label: series.label,
      fill: color,
      width: 0,
      points: { show: false },
      ...(paths === undefined ? {} : { paths }),
    };
  }
  return {
    label: series.label,
    stroke: color,
    width: 1.6,
    points: { show: false },
    ...(series.shape === 'area' ? { fill: (plot) => fadeOut(plot, color) } : {}),
  };
}

/** From the colour at the top to nothing at the axis. */
function fadeOut(plot: uPlot, color: string): CanvasGradient {
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, withAlpha(color, 0.26));
  gradient.addColorStop(1, withAlpha(color, 0.02));
  return gradient;
}

/** A computed colour is `rgb(r, g, b)`. */
const withAlpha = (rgb: string, alpha: number): string =>
  rgb.replace(/^rgb\((.*)\)$/, (_, channels: string) => `rgba(${channels}, ${String(alpha)})`);

function formatTime(atS: number, stepS: number): string {
  const at = new Date(atS * 1000);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  if (stepS >= DAY_S || isMidnight) return localTime.day(at);
  return localTime.clock(at).slice(0, 5);
}
