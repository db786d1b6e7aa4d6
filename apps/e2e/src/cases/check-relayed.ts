// Client and provider speak the same: what comes out is what the provider said, but for the model's name.
import { expect } from 'vitest';
import { factsOfDocument, factsOfStream } from './answer-facts.js';
import { aliasOf } from './cases-gateway.js';
import { checkErrorBody, jsonOf } from './check-error.js';
import type { Play } from './client-dialect.js';
import {
  expectedBeforeError,
  expectedDocument,
  expectedStream,
  isRecord,
  lengthChange,
  readStream,
} from './expected-answer.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';
import type { CaseRun } from './run-case.js';

/** Checks a good answer, whole or streamed. */
export function checkRelayed({ recorded, client }: Play, run: CaseRun): void {
  const { answer } = run;
  expect(answer.status).toBe(200);
  if (client === 'messages') checkOwnBytes(recorded, run);
  else if (recorded.stream) checkStream(recorded, run);
  else checkDocument(recorded, run);
}

/** Anthropic's dialect leaves the gateway nothing to add or to hide: byte for byte, streams included. */
function checkOwnBytes(recorded: RecordedCase, { answer }: CaseRun): void {
  const type = recorded.stream ? /^text\/event-stream/ : /^application\/json/;
  expect(answer.headers['content-type']).toMatch(type);
  expect(answer.body.toString()).toBe(renameModel(recorded, aliasOf(recorded)));
}

/** The recorded body under another name of the model: wherever it stands, plain or in message_start. */
function renameModel({ stream, upstream }: RecordedCase, alias: string): string {
  const rename = (text: string): string => {
    const document = JSON.parse(text) as JsonRecord;
    const holder = isRecord(document['message']) ? document['message'] : document;
    const { model } = holder;
    if (typeof model !== 'string') return text;
    const pattern = new RegExp(
      `("model"\\s*:\\s*)${JSON.stringify(model).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`,
    );
    return text.replace(pattern, (_all, key: string) => key + JSON.stringify(alias));
  };
  if (!stream) return rename(upstream.body);
  return upstream.body.replace(
    /^(data: ?)(\{.*"message_start".*)$/gm,
    (_all, field: string, data: string) => field + rename(data),
  );
}

function checkDocument(recorded: RecordedCase, { answer }: CaseRun): void {
  expect(answer.headers['content-type']).toBe('application/json');
  const document = jsonOf(answer.body);
  expect(document).toEqual(expectedDocument(recorded, aliasOf(recorded)));
  const wanted = Buffer.byteLength(recorded.upstream.body) + lengthChange(recorded, aliasOf(recorded));
  expect(answer.body.length, 'every other byte stays').toBe(wanted);
  const { tool_calls, finish, thinking } = { ...factsOfDocument(document), ...recorded.facts };
  if (recorded.api === 'chat') expect(factsOfDocument(document)).toEqual({ tool_calls, finish, thinking });
}

function checkStream(recorded: RecordedCase, { answer, isUsageHidden }: CaseRun): void {
  expect(answer.headers['content-type']).toMatch(/^text\/event-stream/);
  const events = readStream(answer.body.toString());
  expect(events).toEqual(expectedStream(recorded, aliasOf(recorded), isUsageHidden));
  const { tool_calls, finish, thinking } = { ...factsOfStream(events), ...recorded.facts };
  expect(factsOfStream(events)).toEqual({ tool_calls, finish, thinking });
}

/** Checks a stream that broke: what had come, and one error event of our own. */
export function checkRelayedBreak({ recorded, client }: Play, { answer }: CaseRun): void {
  const events = readStream(answer.body.toString());
  const last = events.pop();
  expect(events).toEqual(expectedBeforeError(recorded, aliasOf(recorded)));
  expect(last?.isDone).toBe(false);
  checkErrorBody(client, last?.json ?? {}, { code: 'stream_interrupted', type: 'api_error' });
  expect(last?.type).toBe(client === 'messages' ? 'error' : '');
  expect(answer.body.includes('[DONE]')).toBe(false);
}
