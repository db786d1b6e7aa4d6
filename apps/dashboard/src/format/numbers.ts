// Numbers for people. English grouping everywhere, so that a copied figure means the same to everybody.
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** What stands where a number is not known. */
export const NO_VALUE = '–';

/** `12,345`. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** `842`, `12.3K`, `4.6M`: for tiles and axes; the exact number belongs in a tooltip. */
export function formatCompact(count: number): string {
  return count < 10_000 ? formatDecimals(count, Number.isInteger(count) ? 0 : 1) : compact.format(count);
}

/** A rate with three digits that mean something: `0.02`, `4.18`, `41.8`, `418`, `4,180`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.005) return '< 0.01';
  if (perSecond < 10) return formatDecimals(perSecond, 2);
  return formatDecimals(perSecond, perSecond < 100 ? 1 : 0);
}

/** The same for axes, without what says nothing: `0.5`, `4`, `2.5K`. */
export function formatRateTick(perSecond: number): string {
  return perSecond < 1000 ? String(Number(perSecond.toPrecision(3))) : compact.format(perSecond);
}

/** `part` of `whole` as `1.4 %`; a share that is there is never shown as none. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return NO_VALUE;
  const percent = (part / whole) * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.1) return '< 0.1 %';
  if (percent > 99.9 && percent < 100) return '> 99.9 %';
  return `${formatDecimals(percent, percent < 10 ? 1 : 0)} %`;
}

function formatDecimals(value: number, digits: number): string {
  return new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}
