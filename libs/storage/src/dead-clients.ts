// A query that was given up on the client's side still runs on its connection, and whoever gets that connection next
// would wait behind it. Such a connection is closed instead of going back to the pool.
import { type PostgresPool, type PostgresPoolClient, type PostgresQueryResult } from 'kysely';
import type pg from 'pg';

const DEADLINE_MESSAGE = 'Query read timeout';

/** The pool as Kysely sees it; a connection whose query ran into its deadline is not used again. */
export function withDeadClientsDropped(pool: pg.Pool): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect();
      const known = wrapped.get(client);
      if (known !== undefined) return known;
      const fresh = wrap(client);
      wrapped.set(client, fresh);
      return fresh;
    },
  };
}

function wrap(client: pg.PoolClient): PostgresPoolClient {
  let dead = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (dead) throw new Error('the connection is given up: an earlier query on it ran into its deadline');
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      dead ||= error instanceof Error && error.message === DEADLINE_MESSAGE;
      throw error;
    }
  };
  return {
    // Cursors are not set up in our dialect, so only the (text, parameters) form is ever called.
    query: query as PostgresPoolClient['query'] & (<R>() => Promise<PostgresQueryResult<R>>),
    release: (destroy) => client.release(destroy === true || dead),
  };
}
