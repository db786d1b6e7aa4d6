// A newcomer's first minutes: start, one request, find it again.
import { waitFor } from '@sluice/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sluice, startSluice } from './harness/start-sluice.js';

let sluice: Sluice;
beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice[Symbol.asyncDispose]());

const rowOf = (requestId: string) =>
  waitFor(
    async () => (await sluice.query('select * from request_log where request_id = $1', [requestId]))[0],
    {
      timeoutMs: 15_000,
      message: () => `a row of ${requestId}; the logger says:\n${sluice.logTail('logger')}`,
    },
  );

it('is answered, and is in Postgres with the tokens that the provider served', async () => {
  const body = { model: 'demo-chat', messages: [{ role: 'user', content: 'Hello' }] };
  const response = await sluice.post('/v1/chat/completions', body);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ model: 'demo-chat', choices: [{ finish_reason: 'stop' }] });
  const row = await rowOf(response.headers.get('x-request-id') ?? '');
  const [serving] = (await sluice.demo.servings()).filter(
    ({ attemptId }) => attemptId === `${String(row['event_id'])}.1`,
  );
  expect(row).toMatchObject({
    outcome: 'succeeded',
    status: 200,
    provider: 'demo',
    requested_model: 'demo-chat',
  });
  expect([Number(row['input_tokens']), Number(row['output_tokens'])]).toEqual([
    serving?.promptTokens,
    serving?.completionTokens,
  ]);
});

it('survives a first route that fails: one row with two attempts, one good answer', async () => {
  const body = { model: 'demo-failover', messages: [{ role: 'user', content: 'Hello' }] };
  const response = await sluice.post('/v1/chat/completions', body);
  expect([response.status, response.headers.get('x-sluice-attempts')]).toEqual([200, '2']);
  const row = await rowOf(response.headers.get('x-request-id') ?? '');
  expect(row['attempts']).toMatchObject([{ status: 503 }, { status: 200 }]);
});
