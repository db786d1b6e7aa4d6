import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problemDetailsSchema } from '@sluice/contracts';
import { afterEach, expect, test } from 'vitest';
import { ProblemErrorOf, type ProblemMore, writeProblem } from './problem-error.js';

const KINDS = {
  'too-hot': { status: 400, title: 'The oven is too hot' },
  closed: { status: 503, title: 'The bakery is closed' },
} as const;

class BakeryError extends ProblemErrorOf<keyof typeof KINDS> {
  constructor(kind: keyof typeof KINDS, detail: string, more?: ProblemMore) {
    super(KINDS, kind, detail, more);
  }
}

let server: Server | undefined;
afterEach(() => server?.close());

/** Asks a server that answers so. */
async function ask(answer: (response: ServerResponse) => void): Promise<Response> {
  server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

test('an error of a service is an answer by RFC 9457, of the status and the title of its kind', async () => {
  const errors = [{ parameter: 'heat', detail: 'must be a number', allowed: '0 to 250' }];
  const answer = await ask((response) => {
    writeProblem(response, new BakeryError('too-hot', 'Turn it down.', { errors }));
  });
  expect(answer.status).toBe(400);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  expect(answer.headers.has('retry-after')).toBe(false);
  expect(problemDetailsSchema.parse(await answer.json())).toEqual({
    type: 'urn:sluice:problem:too-hot',
    title: 'The oven is too hot',
    status: 400,
    detail: 'Turn it down.',
    errors,
  });
});

test('where trying again makes sense, the client is told when', async () => {
  const answer = await ask((response) => {
    writeProblem(response, new BakeryError('closed', 'Come back.', { retryAfterS: 7 }));
  });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
  expect(await answer.json()).not.toHaveProperty('errors');
});

test('an answer that has begun breaks off: it must not look whole', async () => {
  const answer = await ask((response) => {
    response.write('half a loaf', () => writeProblem(response, new BakeryError('closed', 'Come back.')));
  });
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
});

test('an error keeps its kind and its cause, for the log', () => {
  const cause = new Error('the thermostat');
  const error = new BakeryError('closed', 'Come back.', { cause });
  expect(error).toMatchObject({ name: 'ProblemError', kind: 'closed', message: 'Come back.', cause });
});
