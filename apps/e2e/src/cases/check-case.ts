// The checks of one run, by what the provider answered.
import { expect } from 'vitest';
import { factsOfDocument, factsOfStream } from './answer-facts.js';
import { aliasOf, type CasesGateway, providerModelOf, providerNameOf } from './cases-gateway.js';
import {
  expectedBeforeError,
  expectedDocument,
  expectedStream,
  isRecord,
  lengthChange,
  readStream,
} from './expected-answer.js';
import { expectedTokens } from './expected-tokens.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';
import type { CaseRun } from './run-case.js';

const CREDENTIAL_STATUS = [401, 402, 403];

/** Checks the client's answer and the request's event. */
export async function checkCase(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  const { status } = recorded.upstream;
  if (CREDENTIAL_STATUS.includes(status)) await checkCredential(gateway, recorded, run);
  else if (status === 429) await checkRateLimited(gateway, run);
  else if (status >= 400 || isErrorDocument(recorded)) await checkPassedError(gateway, recorded, run);
  else if (recorded.kind === 'error.midstream') await checkBrokenStream(gateway, recorded, run);
  else if (recorded.stream) await checkStream(gateway, recorded, run);
  else await checkDocument(gateway, recorded, run);
}

/** Some providers say 200 and answer with an error: it goes through like one, and is recorded as one. */
function isErrorDocument(recorded: RecordedCase): boolean {
  return !recorded.stream && isRecord((JSON.parse(recorded.upstream.body) as JsonRecord)['error']);
}

async function checkDocument(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  const { answer } = run;
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json');
  const document = jsonOf(answer.body);
  expect(document).toEqual(expectedDocument(recorded, aliasOf(recorded)));
  const wanted = Buffer.byteLength(recorded.upstream.body) + lengthChange(recorded, aliasOf(recorded));
  expect(answer.body.length, 'every other byte stays').toBe(wanted);
  const { tool_calls, finish, thinking } = { ...factsOfDocument(document), ...recorded.facts };
  if (recorded.api === 'chat') expect(factsOfDocument(document)).toEqual({ tool_calls, finish, thinking });
  await checkEvent(gateway, recorded, run);
}

async function checkStream(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  const { answer } = run;
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^text\/event-stream/);
  const events = readStream(answer.body.toString());
  expect(events).toEqual(expectedStream(recorded, aliasOf(recorded), run.isUsageHidden));
  const { tool_calls, finish, thinking } = { ...factsOfStream(events), ...recorded.facts };
  expect(factsOfStream(events)).toEqual({ tool_calls, finish, thinking });
  await checkEvent(gateway, recorded, run);
}

/** What had come before the error, one error event of our own, and no terminal marker. */
async function checkBrokenStream(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  expect(run.answer.status).toBe(200);
  const events = readStream(run.answer.body.toString());
  const last = events.pop();
  expect(events).toEqual(expectedBeforeError(recorded, aliasOf(recorded)));
  expect(last?.isDone).toBe(false);
  expect(last?.json?.['error']).toMatchObject({ code: 'stream_interrupted', type: 'server_error' });
  expect(run.answer.body.includes('[DONE]')).toBe(false);
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: 200, errorCode: 'stream_interrupted' });
  expect(event.attempts.map((attempt) => attempt.decision)).toEqual(['give_up']);
}

/** Our credential was refused: not the client's business, so neither the status nor the words go through. */
async function checkCredential(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  const { answer } = run;
  expect(answer.status).toBe(502);
  const { error } = jsonOf(answer.body);
  expect(error).toMatchObject({ code: 'provider_credential_rejected' });
  for (const words of textsOf(JSON.parse(recorded.upstream.body))) {
    expect(answer.body.toString()).not.toContain(words);
  }
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: 502, errorCode: 'provider_credential_rejected' });
  expect(event.attempts[0]).toMatchObject({ status: recorded.upstream.status, usage: 'none' });
}

async function checkRateLimited(gateway: CasesGateway, run: CaseRun): Promise<void> {
  const { answer } = run;
  expect(answer.status).toBe(429);
  expect(jsonOf(answer.body)['error']).toMatchObject({ code: 'provider_rate_limited' });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: 429, errorCode: 'provider_rate_limited' });
}

/** The client's fault, or the last word on a model that the provider does not know: status and body go through. */
async function checkPassedError(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  const { answer } = run;
  expect(answer.status).toBe(recorded.upstream.status);
  expect(answer.body.toString()).toBe(recorded.upstream.body);
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: recorded.upstream.status });
  expect(event.attempts[0]).toMatchObject({ status: recorded.upstream.status, usage: 'none' });
}

async function checkEvent(gateway: CasesGateway, recorded: RecordedCase, run: CaseRun): Promise<void> {
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({
    outcome: 'succeeded',
    status: 200,
    errorCode: null,
    endpoint: recorded.api === 'chat' ? 'chat.completions' : 'embeddings',
    requestedModel: aliasOf(recorded),
    provider: providerNameOf(recorded),
    providerModel: providerModelOf(recorded),
    stream: recorded.stream,
  });
  const tokens = expectedTokens(recorded);
  expect(event.attempts.map(({ decision, usage }) => ({ decision, usage }))).toEqual([
    { decision: 'served', usage: tokens === null ? 'estimated' : 'provider' },
  ]);
  if (tokens !== null) expect(event.tokens).toMatchObject(tokens);
}

function jsonOf(body: Buffer): JsonRecord {
  const value: unknown = JSON.parse(body.toString());
  if (!isRecord(value)) throw new Error('the answer is no JSON object');
  return value;
}

/** All texts of a document that are long enough to be words of somebody. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 8 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
