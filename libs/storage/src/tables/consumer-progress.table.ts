import type { Columns, RowOf } from './column-types.js';

/**
 * Which numbers of which spool a consumer has taken (`applied`) and which it could not take (`dead`). Written in the
 * transaction of the effect. Primary key `(consumer, stream, spool_id)`.
 */
export const CONSUMER_PROGRESS_COLUMNS = {
  consumer: 'text',
  spool_id: 'uuid',
  stream: 'text',
  applied: 'int8multirange',
  dead: 'int8multirange',
  updated_at: 'timestamp with time zone',
} as const satisfies Columns;

export type ConsumerProgressTable = RowOf<typeof CONSUMER_PROGRESS_COLUMNS>;
