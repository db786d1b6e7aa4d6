// A connection that is broken must not go back to the pool: whoever got it next would fail too. Nor may a query that was
// given up on the client's side, since it still runs on its connection and the next one would wait behind it.
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { sqlState } from './postgres-errors.js';

/** The pool as Kysely sees it; a connection that has failed as such is not used again. */
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
  // The pool listens to idle clients only. Without this the loss of one in use, between two of its queries, would end the
  // process as an uncaught error; its next query fails and tells.
  client.on('error', () => {
    dead = true;
  });
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (dead) throw new Error('the database connection was lost');
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      dead ||= endsConnection(error);
      throw error;
    }
  };
  return {
    // Cursors are not set up in our dialect, so only the (text, parameters) form is ever called.
    query: query as PostgresPoolClient['query'] & (<R>() => Promise<PostgresQueryResult<R>>),
    release: (destroy) => client.release(destroy === true || dead),
  };
}

/** The server has ended the session (class 57P: shut down, crashed), or it was not the server that answered. */
function endsConnection(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || state.startsWith('57P');
}
