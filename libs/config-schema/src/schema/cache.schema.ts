import { section } from './leaf.js';
import { flag, number, oneOf } from './values.schema.js';

/** `cache`: what all cached models share. */
export const cacheSchema = section({
  enabled: flag().default(true),
  // Redis takes more, but an answer of this size is no chat.
  maxEntryKb: number({ min: 0, aboveMin: true, max: 65_536, example: 512 }).default(512),
  shareBy: oneOf(['key', 'team']).default('key'),
});
