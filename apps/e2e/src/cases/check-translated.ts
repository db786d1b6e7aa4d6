// Client and provider speak different dialects: the answer says the same in the client's own.
import { expect } from 'vitest';
import { aliasOf } from './cases-gateway.js';
import { checkErrorBody, jsonOf } from './check-error.js';
import type { ClientDialect, Play } from './client-dialect.js';
import { expectedBeforeError, readStream } from './expected-answer.js';
import { readBySdk } from './read-by-sdk.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';
import type { CaseRun } from './run-case.js';
import { recordIn, recordsOf, type Told, type ToldUsage } from './told.js';
import { checkCompletionStream, toldInCompletion, toldInCompletionStream } from './told-in-chat.js';
import { checkMessageStream, toldInMessage, toldInMessageStream } from './told-in-messages.js';

/** Anthropic's reasons in OpenAI's words. */
const TO_CHAT: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};
const TO_MESSAGES: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

/** Checks a good answer, whole or streamed. */
export async function checkTranslated({ recorded, client }: Play, run: CaseRun): Promise<void> {
  const { answer, isUsageHidden } = run;
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(
    recorded.stream ? /^text\/event-stream/ : /^application\/json/,
  );
  const text = answer.body.toString();
  if (recorded.stream) {
    const events = client === 'chat' ? checkCompletionStream(text, !isUsageHidden) : checkMessageStream(text);
    expect(modelIn(client, events[0]?.json ?? {})).toBe(aliasOf(recorded));
  } else checkDocument(client, jsonOf(answer.body), aliasOf(recorded));
  const told = client === 'chat' ? toldInChat(text, recorded.stream) : toldInMessages(text, recorded.stream);
  expect(told).toEqual(wantedBy(client, recorded, told, isUsageHidden));
  checkFacts(recorded, told);
  // Arguments that a limit has cut are no JSON: the SDKs differ in what they make of them.
  if (told.finish === 'length' || told.finish === 'max_tokens') return;
  const { text: words, calls, finish } = told;
  expect(await readBySdk(client, answer, recorded.stream)).toEqual({ text: words, calls, finish });
}

/** Checks a stream that broke: what it had told, one error event in the client's dialect, no terminal marker. */
export function checkTranslatedBreak({ recorded, client }: Play, { answer }: CaseRun): void {
  const text = answer.body.toString();
  const events = readStream(text).filter(({ comment }) => comment === null);
  const last = events.at(-1);
  checkErrorBody(client, last?.json ?? {}, { code: 'stream_interrupted', type: 'api_error' });
  expect(last?.type).toBe(client === 'messages' ? 'error' : '');
  expect(text).not.toMatch(/\[DONE\]|message_stop/);
  const came = expectedBeforeError(recorded, aliasOf(recorded)).map(({ type, json }) => {
    const name = type === '' ? '' : `event: ${type}\n`;
    return `${name}data: ${JSON.stringify(json)}\n\n`;
  });
  const before =
    client === 'chat' ? toldInMessageStream(came.join('')) : toldInCompletionStream(came.join(''));
  const told = client === 'chat' ? toldInChat(text, true) : toldInMessages(text, true);
  expect(told.text).toBe(before.text);
  expect(told.thinking).toBe(before.thinking);
}

const toldInChat = (text: string, isStream: boolean): Told =>
  isStream ? toldInCompletionStream(text) : toldInCompletion(JSON.parse(text) as JsonRecord);

const toldInMessages = (text: string, isStream: boolean): Told =>
  isStream ? toldInMessageStream(text) : toldInMessage(JSON.parse(text) as JsonRecord);

/** What the recording tells, in the client's words. */
function wantedBy(client: ClientDialect, recorded: RecordedCase, told: Told, isUsageHidden: boolean): Told {
  const { body } = recorded.upstream;
  const said = client === 'chat' ? toldInMessages(body, recorded.stream) : toldInChat(body, recorded.stream);
  const finish = (client === 'chat' ? TO_CHAT : TO_MESSAGES)[said.finish ?? ''] ?? null;
  return {
    ...said,
    finish,
    // A client of chat may not ask; to one of messages numbers are given even where the provider has none.
    usage: isUsageHidden ? null : said.usage === null ? told.usage : withRoom(said.usage),
  };
}

/** Some recordings count more from the cache than went in; where the parts are counted apart, nothing is left beside it. */
const withRoom = (usage: ToldUsage): ToldUsage => ({
  ...usage,
  input: Math.max(usage.input, usage.cached + usage.written),
});

/** What the recording itself says about its answer, read by somebody else. */
function checkFacts({ facts }: RecordedCase, told: Told): void {
  if (facts.tool_calls !== undefined) expect(told.calls).toHaveLength(facts.tool_calls);
}

function checkDocument(client: ClientDialect, document: JsonRecord, alias: string): void {
  expect(modelIn(client, document)).toBe(alias);
  if (client === 'messages') {
    expect(document).toMatchObject({
      id: expect.stringMatching(/^msg_/) as string,
      type: 'message',
      role: 'assistant',
    });
    for (const block of recordsOf(document['content'])) {
      expect(block['type']).toMatch(/^(text|thinking|tool_use)$/);
      if (block['type'] === 'tool_use') expect(typeof block['input']).toBe('object');
    }
    return;
  }
  expect(document).toMatchObject({
    id: expect.any(String) as string,
    object: 'chat.completion',
    created: expect.any(Number) as number,
  });
  const choices = recordsOf(document['choices']);
  expect(choices).toHaveLength(1);
  expect(choices[0]).toMatchObject({ index: 0, message: { role: 'assistant' } });
  for (const call of recordsOf(recordIn(choices[0]?.['message'])['tool_calls'])) {
    expect(call).toMatchObject({ id: expect.any(String) as string, type: 'function' });
    expect(typeof recordIn(call['function'])['arguments']).toBe('string');
  }
}

const modelIn = (client: ClientDialect, document: JsonRecord): unknown =>
  client === 'messages' && document['type'] === 'message_start'
    ? recordIn(document['message'])['model']
    : document['model'];
