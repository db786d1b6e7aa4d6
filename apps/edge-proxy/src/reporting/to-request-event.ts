// The record of a request as text. Written by hand, field by field, since it is made for every request:
// JSON.stringify is called only for what others wrote.
import {
  NO_TOKENS,
  REQUEST_EVENT_TYPE,
  type RequestAttempt,
  requestSubject,
  type TokenCounts,
} from '@sluice/contracts';
import type { Ending, Exchange } from '../chat/exchange.js';

/** What is the same in every event of a process. */
export interface EventOrigin {
  readonly spoolId: string;
  /** Ready JSON: `"instance":"…"`. */
  readonly instanceJson: string;
  /** Ready JSON: `"source":"…"`. */
  readonly sourceJson: string;
}

/** Prepares what is written into every event. */
export const makeEventOrigin = (instance: string, spoolId: string): EventOrigin => ({
  spoolId,
  instanceJson: `"instance":${JSON.stringify(instance)}`,
  sourceJson: sourceJson(instance),
});

const sourceJson = (instance: string): string => `"source":${JSON.stringify(`/sluice/edge/${instance}`)}`;

/** Longer names are nobody's model; a body may hold one of many megabytes, which no event can carry. */
const MAX_MODEL_CHARS = 256;

const text = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));
/** Two decimals: a hundredth of a millisecond is finer than any of these clocks. */
const millis = (value: number): number => Math.round(value * 100) / 100;

/** Fields that are known before the first upstream call; only another target changes them. Made once for both records. */
function factsJson(exchange: Exchange, origin: EventOrigin): string {
  const { target, facts } = exchange;
  if (facts !== null && facts.target === target) return facts.json;
  const json =
    `"eventId":"${exchange.eventId}","requestId":"${exchange.requestId}",` +
    `"occurredAt":"${exchange.occurredAt}",${exchange.caller?.json ?? ''},` +
    `"endpoint":"${exchange.endpoint}","requestedModel":${text(exchange.requestedModel?.slice(0, MAX_MODEL_CHARS) ?? null)},` +
    `${target?.json ?? '"provider":null,"providerModel":null'},` +
    `"stream":${exchange.body?.stream === true},"user":${text(exchange.user)},"tags":[],"traceId":${text(traceId(exchange))},` +
    `${origin.instanceJson},"configVersion":"${exchange.generation.config.version}"`;
  exchange.facts = { target, json };
  return json;
}

/** The intent record: the facts, the attempts that have ended, and when the one at hand begins. */
export function toIntentJson(exchange: Exchange, origin: EventOrigin): string {
  const ended = exchange.attempts.length === 0 ? '' : exchange.attempts.map(attemptJson).join(',');
  const startedMs = millis(performance.now() - exchange.startedMs);
  return `{${factsJson(exchange, origin)},"attempts":[${ended}],"begun":${exchange.attemptsBegun},"begunMs":${startedMs}}`;
}

/** The event of a request that has ended, as CloudEvents JSON. */
export function toRequestEventJson(
  exchange: Exchange,
  ending: Ending,
  at: { readonly origin: EventOrigin; readonly spoolSeq: number; readonly nowMs: number },
): string {
  const { origin, spoolSeq } = at;
  const totalMs = at.nowMs - exchange.startedMs;
  const { attempts } = exchange;
  const data =
    `{${factsJson(exchange, origin)},"spoolId":"${origin.spoolId}","spoolSeq":${spoolSeq},` +
    `"outcome":"${ending.outcome}","status":${ending.status},"errorCode":${text(ending.errorCode)},` +
    `"errorMessage":${text(ending.errorMessage)},"attempts":[${attemptsJson(attempts)}],` +
    `"tokens":${tokensJson(sumTokens(attempts))},"costUsdNanos":${sumCost(attempts)},` +
    `"priceSource":"${exchange.isPriced ? 'config' : 'none'}","timing":{"queueMs":${millis(exchange.queueMs)},` +
    `"overheadMs":${millis(Math.max(0, totalMs - exchange.upstreamMs - exchange.queueMs - exchange.waitedMs))},` +
    `"firstTokenMs":${exchange.firstTokenMs === null ? 'null' : millis(exchange.firstTokenMs)},` +
    `"totalMs":${millis(totalMs)}},"cache":"bypass","deduplicated":false,` +
    `"routing":${exchange.routes?.recordJson() ?? 'null'}}`;
  return envelope(exchange, origin.sourceJson, data);
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
  const { begun, begunMs, ...facts } = JSON.parse(intentJson) as IntentRecord;
  const attempts = [...facts.attempts, unknownAttempt(facts, begun, begunMs)];
  const event = {
    ...facts,
    ...at,
    attempts,
    outcome: 'unknown',
    status: null,
    errorCode: null,
    errorMessage: 'the edge ended before this request did',
    tokens: sumTokens(attempts),
    costUsdNanos: sumCost(attempts),
    priceSource: 'none',
    timing: { queueMs: 0, overheadMs: 0, firstTokenMs: null, totalMs: 0 },
    cache: 'bypass',
    deduplicated: false,
  };
  return {
    subject: requestSubject('unknown'),
    eventJson: envelope(facts, sourceJson(facts.instance), JSON.stringify(event)),
  };
}

const envelope = (of: { eventId: string; occurredAt: string }, source: string, data: string): string =>
  `{"specversion":"1.0","id":"${of.eventId}",${source},"type":"${REQUEST_EVENT_TYPE}","subject":"${of.eventId}",` +
  `"time":"${of.occurredAt}","datacontenttype":"application/json","data":${data}}`;

/** What {@link toIntentJson} writes, as far as it is read again; the other facts go through as they are. */
interface IntentRecord {
  readonly eventId: string;
  readonly occurredAt: string;
  readonly instance: string;
  readonly provider: string | null;
  readonly providerModel: string | null;
  readonly attempts: readonly RequestAttempt[];
  readonly begun: number;
  readonly begunMs: number;
}

/** The attempt that was under way when its process died. */
function unknownAttempt(
  facts: Pick<IntentRecord, 'eventId' | 'provider' | 'providerModel'>,
  number: number,
  startedMs: number,
): RequestAttempt {
  return {
    attemptId: `${facts.eventId}.${number}`,
    provider: facts.provider ?? '',
    providerModel: facts.providerModel ?? '',
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

function attemptsJson(attempts: readonly RequestAttempt[]): string {
  const [first] = attempts;
  return attempts.length === 1 && first !== undefined
    ? attemptJson(first)
    : attempts.map(attemptJson).join(',');
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
