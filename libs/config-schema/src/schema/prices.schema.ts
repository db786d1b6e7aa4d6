import { namedMap, section } from './leaf.js';
import { number } from './values.schema.js';

// USD per million tokens; the dearest models cost some hundreds.
const usdPerMillion = number({ min: 0, max: 1_000_000, example: 2.5 });

/** A price in USD per million tokens. */
export const priceSchema = section({
  input: usdPerMillion,
  output: usdPerMillion,
  cachedInput: usdPerMillion.optional(),
  cacheWrite: usdPerMillion.optional(),
});

/** `prices`: by the provider's name of the model, as routes write it. */
export const pricesSchema = namedMap(priceSchema);
