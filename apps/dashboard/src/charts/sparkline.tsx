import type { ReactElement } from 'react';
import styles from './sparkline.module.css';

const WIDTH = 100;
const HEIGHT = 28;

/** The shape of a number over time; it decorates a tile that says the number. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }): ReactElement {
  return (
    <svg
      className={styles['sparkline']}
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path d={toPath(values)} className={styles['line']} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** A path through the values, from zero at the bottom; null lifts the pen. */
export function toPath(values: readonly (number | null)[]): string {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  const stepPx = WIDTH / Math.max(values.length - 1, 1);
  let isDrawing = false;
  return values
    .map((value, index) => {
      if (value === null) {
        isDrawing = false;
        return '';
      }
      const y = most === 0 ? HEIGHT - 1 : HEIGHT - 1 - (value / most) * (HEIGHT - 2);
      const command = isDrawing ? 'L' : 'M';
      isDrawing = true;
      // One point between gaps is a dot: a line without length, with round ends.
      const isAlone = command === 'M' && (values[index + 1] ?? null) === null;
      return `${command}${(index * stepPx).toFixed(2)} ${y.toFixed(2)}${isAlone ? 'h0' : ''}`;
    })
    .join('');
}
