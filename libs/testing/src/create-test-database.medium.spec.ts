import { Client } from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './create-test-database.js';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('two test databases do not see each other, and a dropped one is gone although a session is open', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await query(one.url, 'create table note (id int); insert into note values (1)');
  expect(await query(two.url, "select to_regclass('note') as found")).toEqual([{ found: null }]);

  const session = new Client({ connectionString: one.url });
  session.on('error', () => undefined);
  await session.connect();
  await one.drop();
  await expect(query(one.url, 'select 1')).rejects.toThrow('does not exist');
  await two.drop();
});
