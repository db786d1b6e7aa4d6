import { section } from './leaf.js';
import { period } from './duration.schema.js';

/** `keySync`: how long an edge trusts the keys it has. */
export const keySyncSchema = section({
  maxStale: period('15m').default(15 * 60_000),
});
