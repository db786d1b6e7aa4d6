import { section } from './leaf.js';
import { flag, number, whole } from './values.schema.js';
import { period } from './duration.schema.js';

const retention = section({
  maxAge: period('72h').default(72 * 3_600_000),
  maxSizeMb: number({ min: 0, aboveMin: true, max: 1_048_576, example: 1024 }).default(1024),
});

/** `debug`: capture of bodies. */
export const debugSchema = section({
  enabled: flag().default(false),
  maxBodyBytes: whole({ min: 0, max: 64 * 1024 * 1024, example: 65_536 }).default(65_536),
  sampleRatio: number({ min: 0, max: 1, example: 1 }).default(1),
  retention: retention.prefault({}),
});
