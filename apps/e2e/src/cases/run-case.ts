// One run of one case: sends the request that the recording means, checks what the provider was sent, and gives
// back what the client got.
import { expect } from 'vitest';
import { aliasOf, type CasesGateway, providerModelOf } from './cases-gateway.js';
import type { Cutting } from './cut-bytes.js';
import { post, type RawAnswer } from './post.js';
import { type JsonRecord, pathOf, type RecordedCase } from './recorded-case.js';
import type { ReceivedRequest } from './replay-server.js';

/** How a case is run. */
export interface RunOptions {
  readonly cutting: Cutting;
  readonly seed: number;
  /** Whether the client asks for the usage of a stream; undefined: as recorded. */
  readonly asksUsage?: boolean;
}

export interface CaseRun {
  readonly requestId: string;
  readonly answer: RawAnswer;
  /** The gateway forced usage on: the client must not see it. */
  readonly isUsageHidden: boolean;
}

const COOKIE = 'session=of-the-client';
const ENDPOINTS: Readonly<Record<string, string>> = {
  chat: '/v1/chat/completions',
  embeddings: '/v1/embeddings',
};

let runs = 0;

/** Runs a case once. */
export async function runCase(
  gateway: CasesGateway,
  recorded: RecordedCase,
  options: RunOptions,
): Promise<CaseRun> {
  runs += 1;
  const requestId = `${recorded.id}.run${runs}`;
  const body = requestOf(recorded, options.asksUsage);
  // Blanks and line ends of the client's own: they must go on as they are.
  const text = JSON.stringify(body, null, 1);
  const { status, headers, body: answered } = recorded.upstream;
  gateway.replay.plan(requestId, { status, headers, body: answered, ...options });
  const answer = await post(
    gateway.edge.url + (ENDPOINTS[recorded.api] ?? ''),
    {
      'content-type': 'application/json',
      authorization: `Bearer ${gateway.clientKey}`,
      cookie: COOKIE,
      'x-request-id': requestId,
    },
    text,
  );
  const isUsageHidden = recorded.stream && !asksUsage(body);
  checkReceived(gateway, recorded, {
    requests: gateway.replay.received(requestId),
    wantedBody: forwardedText(recorded, text, isUsageHidden ? body : null),
  });
  expect(answer.headers['x-request-id']).toBe(requestId);
  return { requestId, answer, isUsageHidden };
}

/** What the client sends: the recorded body under the alias; a small one where none was recorded. */
function requestOf(recorded: RecordedCase, asks: boolean | undefined): JsonRecord {
  const minimal: JsonRecord =
    recorded.api === 'embeddings'
      ? { input: 'a' }
      : { messages: [{ role: 'user', content: 'Hello' }], ...(recorded.stream ? { stream: true } : {}) };
  const body = { ...(recorded.upstream.requestBody ?? minimal), model: aliasOf(recorded) };
  if (asks === undefined) return body;
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'stream_options'));
  return asks ? { ...rest, stream_options: { include_usage: true } } : rest;
}

/** Whether the request, as recorded, asks for the usage of a stream. */
export const asksUsageAsRecorded = (recorded: RecordedCase): boolean =>
  asksUsage(recorded.upstream.requestBody ?? {});

function asksUsage(body: JsonRecord): boolean {
  const options = body['stream_options'];
  return typeof options === 'object' && options !== null && 'include_usage' in options
    ? options.include_usage === true
    : false;
}

/** The text that must arrive: the sent one but for the model's name and, where it is forced on, the usage. */
function forwardedText(recorded: RecordedCase, sent: string, forced: JsonRecord | null): string {
  const text = sent.replace(JSON.stringify(aliasOf(recorded)), () =>
    JSON.stringify(providerModelOf(recorded)),
  );
  if (forced === null) return text;
  if ('stream_options' in forced)
    throw new Error(`${recorded.id}: options without usage are not expected here`);
  return text.replace('{', '{"stream_options":{"include_usage":true},');
}

function checkReceived(
  gateway: CasesGateway,
  recorded: RecordedCase,
  told: { readonly requests: readonly ReceivedRequest[]; readonly wantedBody: string },
): void {
  expect(told.requests, 'the provider is called once').toHaveLength(1);
  const [request] = told.requests;
  expect(request?.method).toBe('POST');
  expect(request?.path).toBe(pathOf(recorded));
  expect(request?.body, 'the body that was sent on').toBe(told.wantedBody);
  expect(request?.headers['authorization']).toBe(`Bearer ${gateway.providerKeyOf(recorded)}`);
  expect(request?.headers['content-type']).toBe('application/json');
  expect(request?.headers['cookie'], 'no cookie goes on').toBe(undefined);
  expect(JSON.stringify(request?.headers), "the client's key stays here").not.toContain(gateway.clientKey);
}
