import type { RequestAttempt, RequestCompleted, RoutingRecord } from '@sluice/contracts';
import type { NewRequestLogRow } from '@sluice/storage';

/**
 * Longest label that is kept, in UTF-16 units. A client may send any model name; Postgres refuses index entries over
 * about 2,700 bytes, and a row that says what was charged must not be lost to that.
 */
const LONGEST_LABEL = 256;
/** The contract says at most 1 KiB; twice that leaves room for an edge of another version. */
const LONGEST_MESSAGE = 2_048;
/** A model and its fallbacks have a few; what is over it would only make rows large. */
const MOST_CANDIDATES = 100;
const CUT = '…';

/**
 * Translates an event into its row; totals are the event's. Text that Postgres cannot hold (NUL, lone surrogates) is
 * replaced by U+FFFD, so that it shows, and over-long labels are cut with `…`: who pays matters more than a name's bytes.
 * Never throws.
 */
export function toRequestLogRow(event: RequestCompleted, loggedAt: Date): NewRequestLogRow {
  const { tokens, timing } = event;
  return {
    event_id: event.eventId,
    request_id: label(event.requestId),
    spool_id: event.spoolId,
    spool_seq: event.spoolSeq,
    occurred_at: event.occurredAt,
    logged_at: loggedAt.toISOString(),
    key_id: label(event.keyId),
    key_name: label(event.keyName),
    team_id: label(event.teamId),
    endpoint: label(event.endpoint),
    requested_model: optional(event.requestedModel),
    provider: optional(event.provider),
    provider_model: optional(event.providerModel),
    stream: event.stream,
    outcome: event.outcome,
    status: event.status,
    error_code: optional(event.errorCode),
    error_message: event.errorMessage === null ? null : storable(event.errorMessage, LONGEST_MESSAGE),
    attempts: event.attempts.map(toStoredAttempt),
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    cached_input_tokens: tokens.cachedInput,
    cache_write_tokens: tokens.cacheWrite,
    reasoning_tokens: tokens.reasoning,
    cost_usd_nanos: event.costUsdNanos,
    price_source: event.priceSource,
    queue_ms: timing.queueMs,
    overhead_ms: timing.overheadMs,
    first_token_ms: timing.firstTokenMs,
    total_ms: timing.totalMs,
    cache: event.cache,
    deduplicated: event.deduplicated,
    trace_id: optional(event.traceId),
    instance: label(event.instance),
    config_version: label(event.configVersion),
    routing: toStoredRouting(event.routing ?? null),
  };
}

const toStoredAttempt = (attempt: RequestAttempt): RequestAttempt => ({
  ...attempt,
  attemptId: label(attempt.attemptId),
  provider: label(attempt.provider),
  providerModel: label(attempt.providerModel),
  errorCode: optional(attempt.errorCode),
});

const toStoredRouting = (routing: RoutingRecord | null): RoutingRecord | null =>
  routing === null
    ? null
    : {
        ...routing,
        strategy: label(routing.strategy),
        model: label(routing.model),
        candidates: routing.candidates.slice(0, MOST_CANDIDATES).map((candidate) => ({
          ...candidate,
          provider: label(candidate.provider),
          providerModel: label(candidate.providerModel),
          model: label(candidate.model),
        })),
      };

const optional = (text: string | null): string | null => (text === null ? null : label(text));

const label = (text: string): string => storable(text, LONGEST_LABEL);

function storable(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest - CUT.length)}${CUT}` : text;
  const wellFormed = cut.isWellFormed() ? cut : cut.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\ufffd') : wellFormed;
}
