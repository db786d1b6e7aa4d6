// The record of a request as text. Written by hand, field by field, since it is made for every request:
// JSON.stringify is called only for what others wrote.
import {
  NO_TOKENS,
  REQUEST_EVENT_TYPE,
  type RequestAttempt,
  requestSubject,
  type TokenCounts,
} from '@sluice/contracts';
import { type Ending, type Exchange } from '../chat/exchange.js';

/** What is the same in every event of a process. */
export interface EventOrigin {
  readonly instance: string;
  readonly spoolId: string;
}

const text = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));
/** Two decimals: a hundredth of a millisecond is finer than any of these clocks. */
const millis = (value: number): number => Math.round(value * 100) / 100;

/** Fields that are known before the first upstream call and never change after it. */
function factsJson(exchange: Exchange, origin: EventOrigin): string {
  return (
    `"eventId":"${exchange.eventId}","requestId":${text(exchange.requestId)},` +
    `"occurredAt":"${new Date(exchange.receivedAtMs).toISOString()}",${exchange.caller?.json ?? ''},` +
    `"endpoint":"${exchange.endpoint}","requestedModel":${text(exchange.requestedModel)},` +
    `"provider":${text(exchange.target?.provider.name ?? null)},` +
    `"providerModel":${text(exchange.target?.providerModel ?? null)},` +
    `"stream":${exchange.body?.stream === true},"user":${text(exchange.user)},"tags":[],"traceId":${text(traceId(exchange))},` +
    `"instance":${text(origin.instance)},"configVersion":"${exchange.generation.config.version}"`
  );
}

/** The intent record: the facts, the attempts that have ended, and the one that is about to begin. */
export function toIntentJson(exchange: Exchange, origin: EventOrigin): string {
  const begun = unknownAttempt(exchange, performance.now() - exchange.startedMs);
  const attempts = [...exchange.attempts.map(attemptJson), attemptJson(begun)];
  return `{${factsJson(exchange, origin)},"attempts":[${attempts.join(',')}]}`;
}

/** The event of a request that has ended, as CloudEvents JSON. */
export function toRequestEventJson(
  exchange: Exchange,
  ending: Ending,
  origin: EventOrigin & { readonly spoolSeq: number; readonly nowMs: number },
): string {
  const totalMs = origin.nowMs - exchange.startedMs;
  const { attempts } = exchange;
  const hasPrice = exchange.target?.price !== undefined;
  const data =
    `{${factsJson(exchange, origin)},"spoolId":"${origin.spoolId}","spoolSeq":${origin.spoolSeq},` +
    `"outcome":"${ending.outcome}","status":${ending.status},"errorCode":${text(ending.errorCode)},` +
    `"errorMessage":${text(ending.errorMessage)},"attempts":[${attempts.map(attemptJson).join(',')}],` +
    `"tokens":${tokensJson(sumTokens(attempts))},"costUsdNanos":${sumCost(attempts)},` +
    `"priceSource":"${hasPrice ? 'config' : 'none'}","timing":{"queueMs":0,` +
    `"overheadMs":${millis(Math.max(0, totalMs - exchange.upstreamMs))},` +
    `"firstTokenMs":${exchange.firstTokenMs === null ? 'null' : millis(exchange.firstTokenMs)},` +
    `"totalMs":${millis(totalMs)}},"cache":"bypass","deduplicated":false}`;
  return envelope(exchange.eventId, new Date(exchange.receivedAtMs).toISOString(), origin.instance, data);
}

/**
 * The event of a request whose process died: made from its intent record.
 * @param intentJson what {@link toIntentJson} made
 */
export function recoverIntent(
  intentJson: string,
  at: { readonly spoolId: string; readonly spoolSeq: number },
): { subject: string; eventJson: string } {
  // Our own record, read back behind a checksum.
  const facts = JSON.parse(intentJson) as {
    eventId: string;
    occurredAt: string;
    instance: string;
    attempts: RequestAttempt[];
  };
  const event = {
    ...facts,
    ...at,
    outcome: 'unknown',
    status: null,
    errorCode: null,
    errorMessage: 'the edge ended before this request did',
    tokens: sumTokens(facts.attempts),
    costUsdNanos: sumCost(facts.attempts),
    priceSource: 'none',
    timing: { queueMs: 0, overheadMs: 0, firstTokenMs: null, totalMs: 0 },
    cache: 'bypass',
    deduplicated: false,
  };
  return {
    subject: requestSubject('unknown'),
    eventJson: envelope(facts.eventId, facts.occurredAt, facts.instance, JSON.stringify(event)),
  };
}

const envelope = (eventId: string, time: string, instance: string, data: string): string =>
  `{"specversion":"1.0","id":"${eventId}","source":${JSON.stringify(`/sluice/edge/${instance}`)},` +
  `"type":"${REQUEST_EVENT_TYPE}","subject":"${eventId}","time":"${time}",` +
  `"datacontenttype":"application/json","data":${data}}`;

function unknownAttempt(exchange: Exchange, startedMs: number): RequestAttempt {
  return {
    attemptId: `${exchange.eventId}.${exchange.attemptsBegun}`,
    provider: exchange.target?.provider.name ?? '',
    providerModel: exchange.target?.providerModel ?? '',
    startedMs,
    durationMs: 0,
    status: null,
    errorCode: null,
    decision: 'unknown',
    tokens: NO_TOKENS,
    costUsdNanos: 0,
    usage: 'none',
  };
}

function attemptJson(attempt: RequestAttempt): string {
  return (
    `{"attemptId":"${attempt.attemptId}","provider":${text(attempt.provider)},` +
    `"providerModel":${text(attempt.providerModel)},"startedMs":${millis(attempt.startedMs)},` +
    `"durationMs":${millis(attempt.durationMs)},"status":${attempt.status},"errorCode":${text(attempt.errorCode)},` +
    `"decision":"${attempt.decision}","tokens":${tokensJson(attempt.tokens)},` +
    `"costUsdNanos":${attempt.costUsdNanos},"usage":"${attempt.usage}"}`
  );
}

const tokensJson = (tokens: TokenCounts): string =>
  `{"input":${tokens.input},"output":${tokens.output},"cachedInput":${tokens.cachedInput},` +
  `"cacheWrite":${tokens.cacheWrite},"reasoning":${tokens.reasoning},"audio":${tokens.audio},"image":${tokens.image}}`;

function sumTokens(attempts: readonly RequestAttempt[]): TokenCounts {
  const [first] = attempts;
  if (first !== undefined && attempts.length === 1) return first.tokens;
  const sum = { ...NO_TOKENS };
  for (const { tokens } of attempts) {
    sum.input += tokens.input;
    sum.output += tokens.output;
    sum.cachedInput += tokens.cachedInput;
    sum.cacheWrite += tokens.cacheWrite;
    sum.reasoning += tokens.reasoning;
    sum.audio += tokens.audio;
    sum.image += tokens.image;
  }
  return sum;
}

const sumCost = (attempts: readonly RequestAttempt[]): number =>
  attempts.reduce((sum, attempt) => sum + attempt.costUsdNanos, 0);

/** The trace id of a W3C `traceparent`, null when there is none or it is malformed. */
function traceId(exchange: Exchange): string | null {
  const header = exchange.request.headers['traceparent'];
  if (typeof header !== 'string') return null;
  return /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(header)?.[1] ?? null;
}
