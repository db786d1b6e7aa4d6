import { section } from './leaf.js';
import { timer } from './duration.schema.js';

/** `timeouts` of the whole config. */
export const timeoutsSchema = section({
  connect: timer('5s').default(5_000),
  firstToken: timer('60s').default(60_000),
  idle: timer('60s').default(60_000),
  total: timer('10m').default(600_000),
});

/** `timeouts` of one model, laid over the config's. */
export const modelTimeoutsSchema = section({
  connect: timer('5s').optional(),
  firstToken: timer('60s').optional(),
  idle: timer('60s').optional(),
  total: timer('10m').optional(),
});
