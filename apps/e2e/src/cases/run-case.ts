// One run of one case: sends the request that the recording means, in the client's dialect, checks what the provider was
// sent, and gives back what the client got.
import { expect } from 'vitest';
import { askedIn } from './asked.js';
import { checkSame } from './check-same.js';
import { aliasOf, type CasesGateway, providerModelOf } from './cases-gateway.js';
import { credentialOf, dialectOf, isRelayed, type Play } from './client-dialect.js';
import type { Cutting } from './cut-bytes.js';
import { post, type RawAnswer } from './post.js';
import { type JsonRecord, pathOf, type RecordedCase } from './recorded-case.js';
import type { ReceivedRequest } from './replay-server.js';
import { unsayableIn } from './refusals.js';
import { requestInChat } from './request-in-chat.js';
import { requestInMessages } from './request-in-messages.js';

/** How a case is run. */
export interface RunOptions {
  readonly cutting: Cutting;
  readonly seed: number;
  /** Whether a client of chat asks for the usage of a stream; undefined: as recorded. */
  readonly asksUsage?: boolean;
}

export interface CaseRun {
  readonly requestId: string;
  readonly answer: RawAnswer;
  /** The gateway forced usage on: the client must not see it. */
  readonly isUsageHidden: boolean;
  /** What the recorded request asks and this client's dialect has no words for. */
  readonly unsaid: readonly string[];
  /** The field that keeps the request from being asked of this provider; null: it was asked. */
  readonly refused: string | null;
}

const COOKIE = 'session=of-the-client';
const ENDPOINTS: Readonly<Record<string, string>> = {
  embeddings: '/v1/embeddings',
  count_tokens: '/v1/messages/count_tokens',
};

let runs = 0;

/** Runs a case once. */
export async function runCase(gateway: CasesGateway, play: Play, options: RunOptions): Promise<CaseRun> {
  const { recorded, client } = play;
  runs += 1;
  const requestId = `${recorded.id}.run${runs}`;
  const { body, unsaid } = requestOf(play, options.asksUsage);
  // Blanks and line ends of the client's own: they must go on as they are.
  const text = JSON.stringify(body, null, 1);
  const { status, headers, body: answered } = recorded.upstream;
  gateway.replay.plan(requestId, { status, headers, body: answered, ...options });
  const answer = await post(
    gateway.edge.url + endpointOf(play),
    {
      'content-type': 'application/json',
      ...credentialOf(client, gateway.clientKey),
      cookie: COOKIE,
      'x-request-id': requestId,
    },
    text,
  );
  const isUsageHidden = client === 'chat' && recorded.stream && !asksUsage(body);
  expect(answer.headers['x-request-id']).toBe(requestId);
  const refused = isRelayed(play) ? null : unsayableIn(client, body);
  const run = { requestId, answer, isUsageHidden, unsaid, refused };
  if (refused !== null) {
    expect(gateway.replay.received(requestId), 'nobody is called').toEqual([]);
    return run;
  }
  const request = checkReceived(gateway, recorded, gateway.replay.received(requestId));
  if (isRelayed(play)) {
    const wanted = forwardedText(play, text, isUsageHidden ? body : null);
    expect(request.body, 'the body that was sent on').toBe(wanted);
  } else checkReworded(play, body, JSON.parse(request.body) as JsonRecord);
  return run;
}

/** Claude Code and others put a query behind the path. */
function endpointOf({ recorded, client }: Play): string {
  const [, query] = recorded.upstream.path.split('?', 2);
  const own = ENDPOINTS[recorded.api];
  if (client === 'chat') return own ?? '/v1/chat/completions';
  return (
    (own ?? '/v1/messages') + (isRelayed({ recorded, client }) && query !== undefined ? `?${query}` : '')
  );
}

/** What the client sends: the recorded body under the alias; a small one where none was recorded. */
function requestOf(
  play: Play,
  asks: boolean | undefined,
): { readonly body: JsonRecord; readonly unsaid: readonly string[] } {
  const { recorded, client } = play;
  const body = { ...(recorded.upstream.requestBody ?? smallRequest(recorded)), model: aliasOf(recorded) };
  const reworded = client === 'chat' ? requestInChat : requestInMessages;
  const asked = isRelayed(play) ? { body, unsaid: [] } : reworded(body);
  if (asks === undefined || client === 'messages') return asked;
  const rest = Object.fromEntries(Object.entries(asked.body).filter(([name]) => name !== 'stream_options'));
  return { ...asked, body: asks ? { ...rest, stream_options: { include_usage: true } } : rest };
}

function smallRequest(recorded: RecordedCase): JsonRecord {
  if (recorded.api === 'embeddings') return { input: 'a' };
  const messages = [{ role: 'user', content: 'Hello' }];
  const limit = recorded.api === 'messages' ? { max_tokens: 1024 } : {};
  return { messages, ...limit, ...(recorded.stream ? { stream: true } : {}) };
}

/** Whether the request of this client, as recorded, asks for the usage of a stream. */
export const asksUsageAsRecorded = (play: Play): boolean => asksUsage(requestOf(play, undefined).body);

function asksUsage(body: JsonRecord): boolean {
  const options = body['stream_options'];
  return typeof options === 'object' && options !== null && 'include_usage' in options
    ? options.include_usage === true
    : false;
}

/** The text that must arrive: the sent one but for the model's name and, where it is forced on, the usage. */
function forwardedText({ recorded }: Play, sent: string, forced: JsonRecord | null): string {
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
  requests: readonly ReceivedRequest[],
): ReceivedRequest {
  const [request] = requests;
  if (request === undefined || requests.length > 1)
    throw new Error(`${requests.length} calls of the provider`);
  expect(request.method).toBe('POST');
  expect(request.path).toBe(pathOf(recorded));
  expect(request.headers).toMatchObject({
    ...credentialOf(dialectOf(recorded), gateway.providerKeyOf(recorded)),
    'content-type': 'application/json',
  });
  expect(request.headers['cookie'], 'no cookie goes on').toBe(undefined);
  expect(JSON.stringify(request.headers), "the client's key stays here").not.toContain(gateway.clientKey);
  return request;
}

/** In other words the provider is asked the same. */
function checkReworded({ recorded, client }: Play, sent: JsonRecord, received: JsonRecord): void {
  const provider = dialectOf(recorded);
  checkSame({
    wanted: askedIn(client, sent),
    found: askedIn(provider, received),
    provider,
    isThinking: 'reasoning_effort' in sent,
  });
  expect(received['model']).toBe(providerModelOf(recorded));
}
