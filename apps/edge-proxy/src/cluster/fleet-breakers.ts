// Breakers are local to a process; an operator sees and sets those of an edge. This makes one answer of its workers'.
import type { BreakerFacts, ControlReply, ControlRequest } from '@sluice/contracts';
import type { EdgeWorkers } from './edge-workers.js';

type ListReply = Omit<ControlReply<'breaker.list'>, 'instance'>;
type ForceReply = Omit<ControlReply<'breaker.force'>, 'instance'>;

const STEP_MS = 10_000;
/** What an operator has to know of first. */
const WORST_FIRST: readonly BreakerFacts['state'][] = ['open', 'half-open', 'closed'];

export class FleetBreakers {
  readonly #workers: EdgeWorkers;

  constructor(workers: EdgeWorkers) {
    this.#workers = workers;
  }

  /** Each breaker once, as the worker with the worst of it sees it; calls are summed. */
  readonly list = async (): Promise<ListReply> => {
    const answers = await this.#workers.askAll('breaker.list', null, STEP_MS);
    const problems = answers.flatMap((answer) =>
      answer.ok ? answer.answer.problems : [`worker ${answer.worker}: ${answer.reason}`],
    );
    const breakers = answers.flatMap((answer) => (answer.ok ? answer.answer.breakers : []));
    return { ok: problems.length === 0, problems, breakers: mergeBreakers(breakers) };
  };

  /** Sets the breaker in each worker; a worker that starts later does not know of it. */
  readonly force = async (request: ControlRequest<'breaker.force'>): Promise<ForceReply> => {
    const answers = await this.#workers.askAll('breaker.force', request, STEP_MS);
    const problems = new Set(
      answers.flatMap((answer) =>
        answer.ok ? answer.answer.problems : [`worker ${answer.worker}: ${answer.reason}`],
      ),
    );
    const matched = answers.map((answer) => (answer.ok ? answer.answer.matched : 0));
    return { ok: problems.size === 0, problems: [...problems], matched: Math.max(0, ...matched) };
  };
}

/** One entry for each provider and model. Pure. */
export function mergeBreakers(all: readonly BreakerFacts[]): BreakerFacts[] {
  const merged = new Map<string, BreakerFacts>();
  for (const facts of all) {
    const key = JSON.stringify([facts.provider, facts.providerModel]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? facts : worstOf(known, facts));
  }
  return [...merged.values()];
}

function worstOf(left: BreakerFacts, right: BreakerFacts): BreakerFacts {
  const state = WORST_FIRST.find((name) => name === left.state || name === right.state) ?? left.state;
  return {
    provider: left.provider,
    providerModel: left.providerModel,
    state,
    isForced: left.isForced || right.isForced,
    retryInMs: Math.max(left.retryInMs, right.retryInMs),
    coolingMs: Math.max(left.coolingMs, right.coolingMs),
    inFlight: left.inFlight + right.inFlight,
  };
}
