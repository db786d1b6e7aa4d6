import { section } from './leaf.js';
import { period } from './duration.schema.js';

const DAY_MS = 86_400_000;

/** `retention`: how long what was recorded is kept. */
export const retentionSchema = section({
  requests: period('30d').default(30 * DAY_MS),
  audit: period('365d').default(365 * DAY_MS),
  rollups: period('400d').default(400 * DAY_MS),
});
