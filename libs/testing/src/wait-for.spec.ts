import { expect, test } from 'vitest';
import { waitFor } from './wait-for.js';

test('the value that ended the waiting is returned, zero and empty text included', async () => {
  let asked = 0;
  expect(await waitFor(() => (++asked < 3 ? undefined : 0), { intervalMs: 1 })).toBe(0);
  expect(asked).toBe(3);
});

test('the error at the deadline says what was waited for and what went wrong last', async () => {
  const failing = waitFor(
    () => {
      throw new Error('refused');
    },
    { timeoutMs: 5, intervalMs: 1, message: () => 'rows: 3 of 4' },
  );
  await expect(failing).rejects.toMatchObject({
    message: 'not within 5 ms: rows: 3 of 4',
    cause: { message: 'refused' },
  });
});
