// One model, routes in both dialects: what the first route cannot serve, or cannot be asked, the second one answers, and the
// client sees nothing of it.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClientDialect, credentialOf } from '../cases/client-dialect.js';
import { type ServiceProcess, startDemoProvider, startEdge } from '../cases/edge-process.js';
import { type EventLog, startEventLog } from '../cases/event-log.js';
import { post } from '../cases/post.js';
import type { JsonRecord } from '../cases/recorded-case.js';
import { checkCompletionStream, toldInCompletion, toldInCompletionStream } from '../cases/told-in-chat.js';
import { checkMessageStream, toldInMessage, toldInMessageStream } from '../cases/told-in-messages.js';
import type { Told } from '../cases/told.js';
import { DemoLedger, type LedgerServing } from '../harness/demo-ledger.js';

const KEY = `across-${randomBytes(24).toString('hex')}`;
/** Everything that happens to a call before its first byte of content. */
const FAULTS = ['529', '503', '429:2', 'quota', '401', 'drop', 'cut:0', 'garbage:html', 'error-event:0'];
const TEXT = 'Zoë asks: two dialects, one answer?';

let demo: ServiceProcess;
let edge: ServiceProcess;
let events: EventLog;
let ledger: DemoLedger;

beforeAll(async () => {
  [demo, events] = await Promise.all([startDemoProvider(), startEventLog()]);
  ledger = new DemoLedger(demo.opsUrl);
  const shared = { allowPrivateNetwork: true, sendAttemptId: true };
  const good = 'demo-fast';
  const models = FAULTS.flatMap((fault) => {
    const bad = `demo-fast+fault=${fault}`;
    const route = (provider: string, model: string) => ({ provider, model });
    return [
      [`anthropic ${fault}`, { routes: [route(`anthropic-${fault}`, bad), route('openai', good)] }],
      [`openai ${fault}`, { routes: [route(`openai-${fault}`, bad), route('anthropic', good)] }],
    ] as const;
  });
  const both = { routes: ['anthropic', 'openai'].map((provider) => ({ provider, model: good })) };
  // A provider of its own for each fault: what cools one credential must not cool the next test's.
  const providers = ['', ...FAULTS.map((fault) => `-${fault}`)].flatMap((suffix) => [
    [`anthropic${suffix}`, { type: 'anthropic', baseUrl: demo.url, ...shared }] as const,
    [`openai${suffix}`, { type: 'openai-compatible', baseUrl: `${demo.url}/v1`, ...shared }] as const,
  ]);
  edge = await startEdge({
    natsUrl: events.natsUrl,
    config: {
      providers: Object.fromEntries(providers.map(([name, provider]) => [toName(name), provider])),
      models: {
        both,
        ...Object.fromEntries(
          models.map(([name, { routes }]) => [
            toName(name),
            { routes: routes.map(({ provider, model }) => ({ provider: toName(provider), model })) },
          ]),
        ),
      },
      keys: [{ name: 'across', key: KEY }],
    },
  });
});

afterAll(async () => {
  await edge.stop();
  await Promise.all([demo.stop(), events.close()]);
});

const toName = (text: string): string => text.replaceAll(/[^a-z0-9]+/g, '-');

let asked = 0;

/** Asks in a dialect, checks how the answer is built, and gives what it tells and where it came from. */
async function ask(client: ClientDialect, body: JsonRecord) {
  asked += 1;
  const requestId = `across-${asked}`;
  const path = client === 'chat' ? '/v1/chat/completions' : '/v1/messages';
  const headers = { 'content-type': 'application/json', ...credentialOf(client, KEY) };
  const answer = await post(
    edge.url + path,
    { ...headers, 'x-request-id': requestId },
    JSON.stringify({
      messages: [{ role: 'user', content: TEXT }],
      ...(client === 'messages' ? { max_tokens: 500 } : {}),
      ...body,
    }),
  );
  const text = answer.body.toString();
  expect(answer.status, text).toBe(200);
  const event = await events.eventOf(requestId);
  const servings = (await ledger.servings()).filter(({ attemptId }) => attemptId.startsWith(event.eventId));
  return { answer, event, servings, told: toldTo(client, text, body['stream'] === true) };
}

function toldTo(client: ClientDialect, text: string, isStream: boolean): Told {
  if (client === 'chat') {
    if (isStream) checkCompletionStream(text, false);
    return isStream ? toldInCompletionStream(text) : toldInCompletion(JSON.parse(text) as JsonRecord);
  }
  if (isStream) checkMessageStream(text);
  return isStream ? toldInMessageStream(text) : toldInMessage(JSON.parse(text) as JsonRecord);
}

const numberOf = ({ attemptId }: LedgerServing): number => Number(attemptId.split('.').at(-1));

describe.each(['chat', 'messages'] as const)('a client of %s', (client) => {
  describe.each(['anthropic', 'openai'] as const)('with a model whose first provider is %s', (first) => {
    const second = first === 'anthropic' ? 'openai' : 'anthropic';

    test.each(FAULTS)(
      'gets the answer of the other dialect when the first ends in %s, plain and streamed',
      async (fault) => {
        for (const stream of [false, true]) {
          // Without a stream there is no event, and a plain answer is cut after its head.
          if (!stream && fault === 'error-event:0') continue;
          const { told, event, servings, answer } = await ask(client, {
            model: toName(`${first} ${fault}`),
            stream,
          });
          expect(told.text).toContain(TEXT);
          expect(answer.headers['x-sluice-provider']).toBe(second);
          expect(event).toMatchObject({ outcome: 'succeeded', provider: second, stream });
          const tried = event.attempts.map(({ provider }) => provider);
          // A provider that cools down after its first fault is not tried again.
          expect([[toName(`${first}-${fault}`), second], [second]]).toContainEqual(tried);
          const served = servings.find(({ ended }) => ended === 'complete');
          expect(servings.map(numberOf).toSorted()).toEqual(tried.map((_, index) => index + 1));
          // An attempt that broke after its head may have cost something: it is estimated, and on record by itself.
          expect(event.attempts.at(-1)?.tokens).toMatchObject({
            input: served?.promptTokens,
            output: served?.completionTokens,
          });
        }
      },
    );
  });
});

describe('what the first provider cannot be asked', () => {
  test('is asked of the second, and is no attempt at the first', async () => {
    const { event, servings } = await ask('chat', { model: 'both', n: 2 });
    expect(event.attempts.map(({ provider, decision }) => [provider, decision])).toEqual([
      ['openai', 'served'],
    ]);
    expect(servings).toHaveLength(1);
    const plain = await ask('chat', { model: 'both' });
    expect(plain.event.attempts.map(({ provider }) => provider)).toEqual(['anthropic']);
  });
});
