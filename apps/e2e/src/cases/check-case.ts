// The checks of one run, by what the provider answered and by who asked.
import { expect } from 'vitest';
import { aliasOf, type CasesGateway, providerModelOf, providerNameOf } from './cases-gateway.js';
import { checkError, jsonOf } from './check-error.js';
import { checkRelayed, checkRelayedBreak } from './check-relayed.js';
import { checkTranslated, checkTranslatedBreak } from './check-translated.js';
import { type ClientDialect, isRelayed, type Play } from './client-dialect.js';
import { isRecord } from './expected-answer.js';
import { expectedTokens } from './expected-tokens.js';
import { checkRefusal } from './refusals.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';
import type { CaseRun } from './run-case.js';

const CREDENTIAL_STATUS = [401, 402, 403];

/** Checks the client's answer and the request's event. */
export async function checkCase(gateway: CasesGateway, play: Play, run: CaseRun): Promise<void> {
  const { recorded, client } = play;
  const { status } = recorded.upstream;
  if (run.refused !== null) checkRefusal(client, run.answer, run.refused);
  else if (CREDENTIAL_STATUS.includes(status)) await checkCredential(gateway, play, run);
  else if (status === 429) await checkRateLimited(gateway, play, run);
  else if (status >= 400 || isErrorDocument(recorded)) await checkPassedError(gateway, play, run);
  else if (recorded.kind === 'error.midstream') await checkBrokenStream(gateway, play, run);
  else {
    if (isRelayed(play)) checkRelayed(play, run);
    else await checkTranslated(play, run);
    await checkEvent(gateway, play, run);
  }
}

/** Some providers say 200 and answer with an error: it goes through like one, and is recorded as one. */
function isErrorDocument(recorded: RecordedCase): boolean {
  return !recorded.stream && isRecord((JSON.parse(recorded.upstream.body) as JsonRecord)['error']);
}

/** What had come before the error, one error event of our own, and no terminal marker. */
async function checkBrokenStream(gateway: CasesGateway, play: Play, run: CaseRun): Promise<void> {
  expect(run.answer.status).toBe(200);
  if (isRelayed(play)) checkRelayedBreak(play, run);
  else checkTranslatedBreak(play, run);
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: 200, errorCode: 'stream_interrupted' });
  expect(event.attempts.map((attempt) => attempt.decision)).toEqual(['give_up']);
}

/** Our credential was refused: not the client's business, so neither the status nor the words go through. */
async function checkCredential(
  gateway: CasesGateway,
  { recorded, client }: Play,
  run: CaseRun,
): Promise<void> {
  const { answer } = run;
  checkError(client, answer, { status: 502, code: 'provider_credential_rejected', type: 'api_error' });
  for (const words of textsOf(JSON.parse(recorded.upstream.body))) {
    expect(answer.body.toString()).not.toContain(words);
  }
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: 502, errorCode: 'provider_credential_rejected' });
  expect(event.attempts[0]).toMatchObject({ status: recorded.upstream.status, usage: 'none' });
}

async function checkRateLimited(gateway: CasesGateway, { client }: Play, run: CaseRun): Promise<void> {
  const { answer } = run;
  checkError(client, answer, { status: 429, code: 'provider_rate_limited', type: 'rate_limit_error' });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: 429, errorCode: 'provider_rate_limited' });
}

/**
 * The client's fault, or the last word on a model that the provider does not know: status and body go through; to a client
 * of another dialect the words do, in an error of its own.
 */
async function checkPassedError(gateway: CasesGateway, play: Play, run: CaseRun): Promise<void> {
  const { recorded, client } = play;
  const { status, body } = recorded.upstream;
  if (isRelayed(play)) {
    expect(run.answer.status).toBe(status);
    expect(run.answer.body.toString()).toBe(body);
  } else {
    expect(run.answer.status).toBe(statusOf(recorded));
    const document = jsonOf(run.answer.body);
    const error = isRecord(document['error']) ? document['error'] : {};
    const said = jsonOf(Buffer.from(body))['error'];
    const words = isRecord(said) ? said['message'] : said;
    expect(error['message']).toBe(words);
    if (client === 'messages') expect(document).toMatchObject({ type: 'error', request_id: run.requestId });
    expect(error['type']).toBe(typeOf(client, run.answer.status));
  }
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({ outcome: 'failed', status: run.answer.status });
  expect(event.attempts[0]).toMatchObject({ status, usage: 'none' });
}

/** Inside a 200 the error names its own. */
function statusOf({ upstream }: RecordedCase): number {
  const error = jsonOf(Buffer.from(upstream.body))['error'];
  const named = isRecord(error) ? error['status'] : undefined;
  return upstream.status === 200 && typeof named === 'number' ? named : upstream.status;
}

const typeOf = (client: ClientDialect, status: number): string =>
  client === 'messages' && status === 404 ? 'not_found_error' : 'invalid_request_error';

const ENDPOINT_NAMES: Readonly<Record<string, string>> = {
  embeddings: 'embeddings',
  count_tokens: 'messages.count_tokens',
};

async function checkEvent(gateway: CasesGateway, { recorded, client }: Play, run: CaseRun): Promise<void> {
  const event = await gateway.events.eventOf(run.requestId);
  expect(event).toMatchObject({
    outcome: 'succeeded',
    status: 200,
    errorCode: null,
    endpoint: ENDPOINT_NAMES[recorded.api] ?? (client === 'chat' ? 'chat.completions' : 'messages'),
    requestedModel: aliasOf(recorded),
    provider: providerNameOf(recorded),
    providerModel: providerModelOf(recorded),
    stream: recorded.stream,
  });
  if (recorded.api === 'count_tokens') return;
  const tokens = expectedTokens(recorded);
  expect(event.attempts.map(({ decision, usage }) => ({ decision, usage }))).toEqual([
    { decision: 'served', usage: tokens === null ? 'estimated' : 'provider' },
  ]);
  if (tokens !== null) expect(event.tokens).toMatchObject(tokens);
}

/** All texts of a document that are long enough to be words of somebody. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 8 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
