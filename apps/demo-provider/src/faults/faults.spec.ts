// Every fault over real HTTP, by the model's name: what a caller sees and what the ledger says.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '@sluice/testing';
import { errorSchema } from '../__fixtures__/openai-answer.schema.js';
import { HI, startTestProvider, type TestProvider, toEvents } from '../__fixtures__/test-provider.js';
import type { Serving } from '../ledger/serving.js';
import { FAULT_KINDS } from './parse-fault.js';

let demo: TestProvider;
beforeAll(async () => {
  demo = await startTestProvider();
});
afterAll(() => demo[Symbol.asyncDispose]());
beforeEach(async () => {
  await demo.ops('/faults', { method: 'DELETE' });
  await demo.ops('/ledger', { method: 'DELETE' });
});

const withFault = (fault: string, more: Record<string, unknown> = {}) =>
  demo.chat({ model: `demo-fast+tokens=100+fault=${fault}`, ...more });
const lastServing = async (): Promise<Serving> =>
  waitFor(async () => (await demo.ledger()).at(-1), { message: 'a serving in the ledger' });
const timed = async <T>(run: () => Promise<T>): Promise<[T, number]> => {
  const startedAt = performance.now();
  return [await run(), performance.now() - startedAt];
};

describe('cut', () => {
  it.each([false, true])(
    'ends the connection after exactly n bytes of the body (stream: %s)',
    async (stream) => {
      const answer = await withFault('cut:300', { stream });
      expect(answer).toMatchObject({ status: 200, whole: false });
      expect(answer.bytes.length).toBe(300);
      expect(await lastServing()).toMatchObject({
        ended: 'fault',
        fault: 'cut:300',
        bytesSent: 300,
        status: 200,
      });
    },
  );

  it('at 0 sends the head alone', async () => {
    const answer = await withFault('cut:0', { stream: true });
    expect(answer).toMatchObject({ status: 200, whole: false, text: '' });
  });

  it('beyond the end changes nothing', async () => {
    expect(await withFault('cut:1000000')).toMatchObject({ whole: true });
    expect(await lastServing()).toMatchObject({ ended: 'complete' });
  });

  it('counts only tokens that were generated before it', async () => {
    await withFault('cut:2000', { stream: true });
    const { completionTokens } = await lastServing();
    expect(completionTokens).toBeGreaterThan(0);
    expect(completionTokens).toBeLessThan(20);
  });

  it('may reset the connection', async () => {
    await expect(withFault('cut:0:rst', { stream: true })).resolves.toMatchObject({ whole: false });
  });
});

it('drop ends the connection without a byte', async () => {
  await expect(withFault('drop')).rejects.toThrow('fetch failed');
  expect(await lastServing()).toMatchObject({ ended: 'fault', fault: 'drop', status: 0, bytesSent: 0 });
});

describe('stall', () => {
  it.each([false, true])('pauses after n bytes and then goes on, whole (stream: %s)', async (stream) => {
    const [answer, tookMs] = await timed(() => withFault('stall:250:120', { stream }));
    expect(answer.whole).toBe(true);
    expect(tookMs).toBeGreaterThan(110);
    if (stream) expect(toEvents(answer.text).at(-1)).toBe('[DONE]');
    else expect(JSON.parse(answer.text)).toMatchObject({ usage: { completion_tokens: 100 } });
    expect(await lastServing()).toMatchObject({
      ended: 'complete',
      completionTokens: 100,
      bytesSent: answer.bytes.length,
    });
  });

  it('for ever lasts until the caller leaves', async () => {
    const caller = new AbortController();
    const body = { model: 'demo-fault-stall:250', stream: true };
    const call = demo.chat(body, { signal: caller.signal });
    await waitFor(async () => (await demo.totals()).open === 1);
    caller.abort();
    await call.catch(() => undefined);
    expect(await lastServing()).toMatchObject({ ended: 'client_gone', fault: 'stall:250', bytesSent: 250 });
  });
});

describe('slow', () => {
  it('waits before the status line', async () => {
    const [answer, tookMs] = await timed(() => withFault('slow:120'));
    expect(tookMs).toBeGreaterThan(110);
    expect(answer.status).toBe(200);
  });

  it('slow-token waits between the role and the first token', async () => {
    const [answer, tookMs] = await timed(() => withFault('slow-token:120', { stream: true }));
    expect(tookMs).toBeGreaterThan(110);
    expect(answer.reads).toBeGreaterThan(1);
    expect(toEvents(answer.text).at(-1)).toBe('[DONE]');
  });

  it('slow-connect holds the connections after it, as many as asked', async () => {
    await withFault('slow-connect:150:1');
    const [, heldMs] = await timed(() => withFault('no-usage'));
    expect(heldMs).toBeGreaterThan(140);
    const [, freeMs] = await timed(() => withFault('no-usage'));
    expect(freeMs).toBeLessThan(140);
  });

  it('refuse closes the port for a while, and then it is open again', async () => {
    const refusing = await startTestProvider();
    await refusing.chat({ model: 'demo-fault-refuse:150' });
    await expect(refusing.chat({})).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    const answer = await waitFor(() => refusing.chat({}));
    expect(answer.status).toBe(200);
    await refusing[Symbol.asyncDispose]();
  });
});

describe('refusals', () => {
  it.each([400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529])(
    '%i is answered in OpenAI\'s shape, by number and by "status"',
    async (status) => {
      for (const fault of [`${status}`, `status:${status}`]) {
        const answer = await withFault(fault);
        expect(answer.status).toBe(status);
        expect(errorSchema.parse(JSON.parse(answer.text)).error.param).toBeNull();
      }
      expect(await lastServing()).toMatchObject({
        status,
        ended: 'fault',
        promptTokens: 0,
        completionTokens: 0,
      });
    },
  );

  it.each([
    ['429', null, null],
    ['429:7', '7', null],
    ['429:ms:1500', null, '1500'],
    ['429:garbage', 'soon, probably', null],
  ])('%s has the hint that was asked for', async (fault, retryAfter, retryAfterMs) => {
    const { headers } = await withFault(fault);
    expect(headers.get('retry-after')).toBe(retryAfter);
    expect(headers.get('retry-after-ms')).toBe(retryAfterMs);
  });

  it('429:date names a time so many seconds ahead', async () => {
    const { headers } = await withFault('429:date:60');
    const aheadMs = Date.parse(headers.get('retry-after') ?? '') - Date.now();
    expect(aheadMs).toBeGreaterThan(55_000);
    expect(aheadMs).toBeLessThanOrEqual(60_000);
  });

  it.each([
    ['quota', 429, 'insufficient_quota'],
    ['context', 400, 'context_length_exceeded'],
    ['filter', 400, 'content_filter'],
  ])('%s has status and code of its own', async (fault, status, code) => {
    const answer = await withFault(fault);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
  });
});

describe('garbage', () => {
  it.each(['json', 'truncated'])('%s is not JSON, though it says so', async (kind) => {
    const plain = await withFault(`garbage:${kind}`);
    expect(plain).toMatchObject({ status: 200, whole: true });
    expect(plain.headers.get('content-type')).toBe('application/json');
    expect(() => void JSON.parse(plain.text)).toThrow();
    const streamed = await withFault(`garbage:${kind}`, { stream: true });
    expect(() => toEvents(streamed.text).forEach((event) => void JSON.parse(event))).toThrow();
    expect(await lastServing()).toMatchObject({ ended: 'fault', completionTokens: 0 });
  });

  it('sse is not an event stream, though it says so', async () => {
    const answer = await withFault('garbage:sse', { stream: true });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(() => toEvents(answer.text)).toThrow();
  });

  it.each([false, true])('utf8 is not UTF-8 (stream: %s)', async (stream) => {
    const { bytes } = await withFault('garbage:utf8', { stream });
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
  });

  it('html is a page, empty is nothing', async () => {
    expect((await withFault('garbage:html')).headers.get('content-type')).toContain('text/html');
    expect(await withFault('garbage:empty')).toMatchObject({ status: 200, text: '', whole: true });
  });

  it('type is a good answer under a wrong content type', async () => {
    const answer = await withFault('type:text/plain');
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(JSON.parse(answer.text)).toMatchObject({ object: 'chat.completion' });
    expect(await lastServing()).toMatchObject({ ended: 'complete' });
  });
});

describe('streams that end badly', () => {
  it('error-event comes after n tokens, and neither a finish nor [DONE] follows', async () => {
    const answer = await withFault('error-event:4', { stream: true });
    const events = toEvents(answer.text).map((event) => JSON.parse(event) as Record<string, unknown>);
    expect(events).toHaveLength(1 + 4 + 1);
    expect(errorSchema.parse(events.at(-1)).error.type).toBe('server_error');
    expect(answer.whole).toBe(true);
    expect(await lastServing()).toMatchObject({ ended: 'fault', completionTokens: 4 });
  });

  it('error-event may carry an event name', async () => {
    const { text } = await withFault('error-event:0:named', { stream: true });
    expect(text).toMatch(/\n\nevent: error\ndata: \{"error":/);
  });

  it('end stops cleanly without a finish reason', async () => {
    const answer = await withFault('end:2', { stream: true });
    expect(toEvents(answer.text)).toHaveLength(3);
    expect(answer.text).not.toContain('"finish_reason":"');
    expect(answer.whole).toBe(true);
  });

  it('no-done leaves [DONE] out and nothing else', async () => {
    const { text } = await withFault('no-done', { stream: true });
    expect(JSON.parse(toEvents(text).at(-1) ?? '')).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    expect(await lastServing()).toMatchObject({ ended: 'complete', completionTokens: 100 });
  });

  it('no-usage leaves the usage out, asked for or not', async () => {
    const streamed = await withFault('no-usage', { stream: true, stream_options: { include_usage: true } });
    expect(streamed.text).not.toContain('"usage"');
    expect((await withFault('no-usage')).text).not.toContain('"usage"');
  });
});

describe('faults that happen sometimes', () => {
  it('fail-first fails the first calls of one request, told by its attempt ids', async () => {
    const call = (attemptId: string) =>
      demo.chat({ model: 'demo-fault-fail-first:2:500' }, { headers: { 'x-sluice-attempt-id': attemptId } });
    const statuses: number[] = [];
    for (const id of ['one.1', 'one.2', 'two.1', 'one.3', 'two.2', 'two.3'])
      statuses.push((await call(id)).status);
    expect(statuses).toEqual([500, 500, 500, 200, 500, 200]);
  });

  it('fail-first without attempt ids goes by the request id, else by the body', async () => {
    const statuses: number[] = [];
    const headers = { 'x-request-id': 'r' };
    for (const options of [{ headers }, { headers }, {}, {}]) {
      statuses.push((await demo.chat({ model: 'demo-fault-fail-first' }, options)).status);
    }
    expect(statuses).toEqual([503, 200, 503, 200]);
  });

  it('random fails the same calls for the same seed', async () => {
    const run = async (): Promise<boolean[]> => {
      await demo.ops('/faults', { method: 'DELETE' });
      const failed: boolean[] = [];
      for (let call = 0; call < 40; call += 1) {
        failed.push((await demo.chat({ model: 'demo-fault-random:0.3:7:503' })).status === 503);
      }
      return failed;
    };
    const first = await run();
    expect(first.filter(Boolean).length).toBeGreaterThan(5);
    expect(first.filter(Boolean).length).toBeLessThan(20);
    expect(await run()).toEqual(first);
  });
});

describe('ways to ask for a fault', () => {
  it.each([
    ['cut=300; slow=1'],
    ['cut:300;slow:1'],
    ['{"cut":300,"slow":1}'],
    ['["cut:300","slow:1"]'],
    ['{"cut":[300],"slow":"1"}'],
  ])('the header %s', async (header) => {
    const answer = await demo.chat({}, { headers: { 'x-demo-fault': header } });
    expect(answer).toMatchObject({ whole: false });
    expect(await lastServing()).toMatchObject({ fault: 'cut:300;slow:1', bytesSent: 300 });
  });

  it('a header that cannot be read is 400 and says what is allowed', async () => {
    for (const header of ['explode', 'cut=lots', '{"cut":']) {
      const answer = await demo.chat({}, { headers: { 'x-demo-fault': header } });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { param: 'x-demo-fault' } });
    }
  });

  it('the ops port sets a fault for the next n requests of a model, and forgets it after them', async () => {
    const armed = await demo.ops('/faults', {
      method: 'POST',
      body: JSON.stringify({ fault: 'status:502', next: 2, model: 'demo-fast' }),
    });
    expect(armed.status).toBe(201);
    const statuses: number[] = [];
    for (const model of ['demo-chat', 'demo-fast', 'demo-fast+tokens=3', 'demo-fast']) {
      statuses.push((await demo.chat({ model })).status);
    }
    expect(statuses).toEqual([200, 502, 502, 200]);
    expect(await (await demo.ops('/faults')).json()).toEqual({ faults: [] });
  });

  it('the ops port refuses what it cannot read, and says why', async () => {
    for (const body of [
      '{',
      '{"fault":"explode"}',
      '{"fault":3}',
      '{"fault":"cut","nxt":1}',
      '{"fault":"cut","next":0}',
    ]) {
      const response = await demo.ops('/faults', { method: 'POST', body });
      expect(response.status, body).toBe(400);
      expect(((await response.json()) as { error: string }).error.length).toBeGreaterThan(20);
    }
  });

  it('works for embeddings as well', async () => {
    const answer = await demo.post('/embeddings', { model: 'demo-embed+fault=cut:40', input: 'x' });
    expect(answer).toMatchObject({ status: 200, whole: false });
    expect(answer.bytes.length).toBe(40);
    const cutStream = await demo.chat({ model: 'demo-chat+fault=cut:40', stream: true, messages: HI });
    expect(cutStream.bytes.length).toBe(40);
  });
});

it('the README has each fault in its table, and no other', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `([a-z0-9-]+)/gm)].map((match) => match[1]);
  expect(rows.toSorted()).toEqual([...FAULT_KINDS].toSorted());
});
