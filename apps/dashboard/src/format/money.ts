// Money is counted in whole nano-USD and is never divided as a float.
import { NO_VALUE } from './numbers.js';

const NANOS_PER_USD = 1_000_000_000n;
const NANO_DIGITS = 9;

/** Every digit there is, at least two decimals: `$0.000153`, `$12.50`. */
export function formatUsdExact(nanos: number): string {
  if (!Number.isFinite(nanos)) return NO_VALUE;
  const { sign, dollars, fraction } = split(nanos, NANO_DIGITS);
  return `${sign}$${group(dollars)}.${fraction.replace(/0{1,7}$/, '')}`;
}

/** For columns and tiles: two decimals from a dollar on, four below, `< $0.0001` for what is less. */
export function formatUsd(nanos: number): string {
  if (!Number.isFinite(nanos)) return NO_VALUE;
  if (nanos === 0) return '$0';
  const size = Math.abs(nanos);
  if (size < 100_000) return nanos < 0 ? '> -$0.0001' : '< $0.0001';
  const { sign, dollars, fraction } = split(nanos, size < 1_000_000_000 ? 4 : 2);
  return `${sign}$${group(dollars)}.${fraction}`;
}

/** Rounds half up to `digits` decimals. */
function split(nanos: number, digits: number): { sign: string; dollars: bigint; fraction: string } {
  const exact = BigInt(Math.round(nanos));
  const size = exact < 0n ? -exact : exact;
  const unit = 10n ** BigInt(NANO_DIGITS - digits);
  const rounded = ((size + unit / 2n) / unit) * unit;
  const fraction = (rounded % NANOS_PER_USD).toString().padStart(NANO_DIGITS, '0').slice(0, digits);
  return { sign: exact < 0n ? '-' : '', dollars: rounded / NANOS_PER_USD, fraction };
}

const group = (whole: bigint): string => whole.toString().replace(/\B(?=(\d{3})+$)/g, ',');
