import type { SluiceDatabase } from '../database.js';

/** What a consumer has taken of one spool; ranges as multirange text, e.g. `{[1,4)}`. */
export interface SpoolProgress {
  readonly spoolId: string;
  readonly applied: string;
  readonly dead: string;
}

/** Reads of `consumer_progress`. It is written in the transaction of each consumer's effect. */
export class ConsumerProgressRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** Every spool that the consumer has seen on the stream, by id. */
  async findByConsumer(consumer: string, stream: string): Promise<SpoolProgress[]> {
    const rows = await this.db
      .selectFrom('consumer_progress')
      .select(['spool_id', 'applied', 'dead'])
      .where('consumer', '=', consumer)
      .where('stream', '=', stream)
      .orderBy('spool_id')
      .execute();
    return rows.map((row) => ({ spoolId: row.spool_id, applied: row.applied, dead: row.dead }));
  }
}
