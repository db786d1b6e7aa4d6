// Recorded requests asked of a provider of the other dialect: it is asked the same, or the client is told which field
// keeps it from being asked.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askedIn } from './asked.js';
import { checkSame } from './check-same.js';
import { readCasesConfig } from './cases.config.js';
import { type ClientDialect, credentialOf, dialectOf } from './client-dialect.js';
import { type ServiceProcess, startEdge } from './edge-process.js';
import { type EventLog, startEventLog } from './event-log.js';
import { post, type RawAnswer } from './post.js';
import { type JsonRecord, readCases, type RecordedCase } from './recorded-case.js';
import { checkRefusal, unsayableIn } from './refusals.js';
import { type ReplayServer, startReplayServer } from './replay-server.js';
import { toldInCompletion, toldInCompletionStream } from './told-in-chat.js';
import { toldInMessage, toldInMessageStream } from './told-in-messages.js';

const { folder } = readCasesConfig(process.env);
const own = readCases(join(import.meta.dirname, '__fixtures__'));
const asked = [...own, ...(folder === undefined ? [] : readCases(folder))].filter(
  ({ api, upstream }) => (api === 'chat' || api === 'messages') && upstream.requestBody !== null,
);

/** Models whose providers speak the dialect. */
const MODELS: Readonly<Record<ClientDialect, string>> = { chat: 'gpt-5-mini', messages: 'claude-haiku-4-5' };
const OTHER: Readonly<Record<ClientDialect, ClientDialect>> = { chat: 'messages', messages: 'chat' };
const PATHS: Readonly<Record<ClientDialect, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
};
const key = `across-${randomBytes(24).toString('hex')}`;
const outcomes = new Map<string, number>();

let edge: ServiceProcess;
let replay: ReplayServer;
let events: EventLog;

beforeAll(async () => {
  [replay, events] = await Promise.all([startReplayServer(), startEventLog()]);
  const baseUrl = `http://127.0.0.1:${replay.port}/v1`;
  const provider = { baseUrl, apiKey: 'of-the-provider', allowPrivateNetwork: true };
  edge = await startEdge({
    natsUrl: events.natsUrl,
    config: {
      providers: {
        chat: { type: 'openai-compatible', ...provider },
        messages: { type: 'anthropic', ...provider },
      },
      models: {
        chat: { routes: [{ provider: 'chat', model: MODELS.chat }] },
        messages: { routes: [{ provider: 'messages', model: MODELS.messages }] },
      },
      keys: [{ name: 'suite', key }],
    },
  });
});

afterAll(async () => {
  const lines = [...outcomes].sort().map(([what, count]) => `${String(count).padStart(5)}  ${what}`);
  process.stdout.write(
    `recorded requests asked of the other dialect: ${asked.length}\n${lines.join('\n')}\n`,
  );
  await edge.stop();
  await Promise.all([replay.close(), events.close()]);
});

let refused = 0;

const ask = (client: ClientDialect, requestId: string, body: JsonRecord): Promise<RawAnswer> =>
  post(
    edge.url + PATHS[client],
    { 'content-type': 'application/json', ...credentialOf(client, key), 'x-request-id': requestId },
    JSON.stringify(body),
  );

describe('a recorded request means the same to a provider of the other dialect', () => {
  test.each(asked)('$id', async (recorded) => {
    const client = dialectOf(recorded);
    const provider = OTHER[client];
    // The client asks for the other dialect's model under its name.
    const body: JsonRecord = { ...recorded.upstream.requestBody, model: provider };
    const requestId = `across.${recorded.id}`;
    const good = answerOf(provider, body['stream'] === true);
    replay.plan(requestId, { ...good.upstream, cutting: 'random', seed: 1 });
    const answer = await ask(client, requestId, body);
    const field = unsayableIn(client, body);
    const received = replay.received(requestId);
    if (field !== null) {
      checkRefusal(client, answer, field);
      expect(received, 'nobody is called').toEqual([]);
      const event = await events.eventOf(requestId);
      expect(event).toMatchObject({
        outcome: 'rejected',
        status: 400,
        errorCode: 'invalid_request',
        attempts: [],
      });
      count(`${client} to ${provider}: refused for ${field.replace(/\.\d+/g, '.#')}`);
      return;
    }
    expect(answer.status, answer.body.toString().slice(0, 300)).toBe(200);
    expect(received).toHaveLength(1);
    expect(received[0]?.path).toBe(PATHS[provider]);
    const sent = JSON.parse(received[0]?.body ?? '') as JsonRecord;
    checkSame({
      wanted: askedIn(client, body),
      found: askedIn(provider, sent),
      provider,
      isThinking: 'reasoning_effort' in body || 'thinking' in body,
    });
    expect(sent['model']).toBe(MODELS[provider]);
    expect(toldTo(client, answer.body.toString(), body['stream'] === true).text).toBe(toldBy(good).text);
    count(`${client} to ${provider}: asked`);
  });
});

const image = { type: 'image_url', image_url: { url: 'https://images.example.com/a.png' } };
const says = (...content: JsonRecord[]): JsonRecord => ({ messages: [{ role: 'user', content }] });

describe('what the other dialect has no words for is 400 and named, and nobody is called', () => {
  test.each<[ClientDialect, JsonRecord, string]>([
    ['chat', { n: 2 }, 'n'],
    ['chat', { logprobs: true }, 'logprobs'],
    ['chat', { top_logprobs: 3 }, 'top_logprobs'],
    ['chat', { logit_bias: { '50256': -100 } }, 'logit_bias'],
    ['chat', { frequency_penalty: 0.5 }, 'frequency_penalty'],
    ['chat', { presence_penalty: -1 }, 'presence_penalty'],
    ['chat', { modalities: ['text', 'audio'], audio: { voice: 'a', format: 'wav' } }, 'modalities'],
    ['chat', { web_search_options: {} }, 'web_search_options'],
    ['chat', { a_field_of_tomorrow: 1 }, 'a_field_of_tomorrow'],
    ['chat', { tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools.0.type'],
    [
      'chat',
      says({ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }),
      'messages.0.content.0',
    ],
    ['chat', says({ type: 'file', file: { file_id: 'file-1' } }), 'messages.0.content.0'],
    [
      'chat',
      says({ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AAAA' } }),
      'messages.0.content.0',
    ],
    ['messages', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools.0.type'],
    [
      'messages',
      says({ type: 'document', source: { type: 'url', url: 'https://files.example.com/a.pdf' } }),
      'messages.0.content.0.source',
    ],
    [
      'messages',
      says({ type: 'image', source: { type: 'file', file_id: 'file_1' } }),
      'messages.0.content.0.source',
    ],
    ['messages', says({ type: 'hologram', data: 'AA==' }), 'messages.0.content.0.type'],
    ['messages', { max_tokens: 'many' }, 'max_tokens'],
    [
      'messages',
      { tools: [{ name: 'x', input_schema: { type: 'object' } }], tool_choice: { type: 'sometimes' } },
      'tool_choice.type',
    ],
  ])('%s %j', async (client, more, field) => {
    refused += 1;
    const requestId = `across.refused.${refused}`;
    const hello = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 };
    const answer = await ask(client, requestId, { ...hello, ...more, model: OTHER[client] });
    checkRefusal(client, answer, field);
    expect(replay.received(requestId)).toEqual([]);
    const event = await events.eventOf(requestId);
    expect(event).toMatchObject({
      outcome: 'rejected',
      status: 400,
      errorCode: 'invalid_request',
      attempts: [],
    });
  });

  test('an address of an image is no such thing: the provider fetches it, not the gateway', async () => {
    const good = answerOf('messages', false);
    replay.plan('across.image', { ...good.upstream, cutting: 'whole', seed: 1 });
    const answer = await ask('chat', 'across.image', { ...says(image), model: 'messages' });
    expect(answer.status).toBe(200);
    expect(replay.received('across.image')[0]?.body).toContain('"url":"https://images.example.com/a.png"');
  });
});

/** A good answer of our own, in the provider's dialect. */
function answerOf(dialect: ClientDialect, isStream: boolean): RecordedCase {
  const id = `own.${dialect === 'messages' ? 'messages.' : ''}text${isStream ? '.stream' : ''}`;
  const found = own.find((one) => one.id === id);
  if (found === undefined) throw new Error(`${id} is missing`);
  return found;
}

const toldTo = (client: ClientDialect, text: string, isStream: boolean): { readonly text: string } => {
  if (client === 'chat') {
    return isStream ? toldInCompletionStream(text) : toldInCompletion(JSON.parse(text) as JsonRecord);
  }
  return isStream ? toldInMessageStream(text) : toldInMessage(JSON.parse(text) as JsonRecord);
};

const toldBy = (recorded: RecordedCase): { readonly text: string } =>
  toldTo(dialectOf(recorded), recorded.upstream.body, recorded.stream);

const count = (what: string): void => void outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
