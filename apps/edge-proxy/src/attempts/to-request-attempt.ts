import type { RequestAttempt } from '@sluice/contracts';
import type { Exchange } from '../chat/exchange.js';
import { costUsdNanos } from '../reporting/cost.js';
import type { ChosenRoute } from './route-choice.js';
import type { Attempt } from './attempt.js';

/** A call that has ended. */
export interface EndedCall {
  readonly attempt: Attempt;
  readonly attemptId: string;
  readonly route: ChosenRoute;
  /** Monotonic clock, milliseconds. */
  readonly startedMs: number;
}

/** One call as the request's event tells it. */
export function toRequestAttempt(
  exchange: Exchange,
  { attempt, attemptId, route, startedMs }: EndedCall,
  end: Pick<RequestAttempt, 'decision' | 'errorCode'>,
): RequestAttempt {
  const { target } = route;
  const { tokens, source } = attempt.usage();
  return {
    attemptId,
    provider: target.provider.name,
    providerModel: target.providerModel,
    startedMs: startedMs - exchange.startedMs,
    durationMs: performance.now() - startedMs,
    status: attempt.status,
    errorCode: end.errorCode,
    decision: end.decision,
    tokens,
    costUsdNanos: costUsdNanos(tokens, target.price),
    usage: source,
  };
}
