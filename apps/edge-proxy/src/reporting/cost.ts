import type { TokenPrice } from '@sluice/config-schema';
import type { TokenCounts } from '@sluice/contracts';

/** USD per million tokens is the same number as micro-USD per token: a thousand nano-USD. */
const NANOS_PER_UNIT = 1000;

/** 100,000 USD a call is a mistake in a price or a lie in a count; sums of these still are safe integers. */
const MAX_NANOS = 1e14;

/** Cost in whole nano-USD. Cached and written-to-cache input have prices of their own, else the input's. */
export function costUsdNanos(tokens: TokenCounts, price: TokenPrice | undefined): number {
  if (price === undefined) return 0;
  const plainInput = Math.max(0, tokens.input - tokens.cachedInput - tokens.cacheWrite);
  const usdMillionths =
    plainInput * price.input +
    tokens.cachedInput * (price.cachedInput ?? price.input) +
    tokens.cacheWrite * (price.cacheWrite ?? price.input) +
    tokens.output * price.output;
  return Math.min(MAX_NANOS, Math.round(usdMillionths * NANOS_PER_UNIT));
}
