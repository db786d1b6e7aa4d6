// Walks over routes without a provider: what each call comes to is the test's to say.
import { type RoutingRecord, routingRecordSchema } from '@sluice/contracts';
import type { RequestBody } from '@sluice/providers';
import type { AttemptFailure } from '../attempts/attempt-failure.js';
import type { BreakerChange, CooldownBegan } from '../attempts/health-listener.js';
import { HealthRegistry } from '../attempts/health-registry.js';
import type { ConfigGeneration } from '../control/config-generation.js';
import type { ChosenRoute, NextStep } from '../attempts/route-choice.js';
import { RequestNeeds } from '../routing/request-needs.js';
import type { PlanRequest } from '../routing/route-planner.js';
import { RoutePlanner } from '../routing/route-planner.js';
import { RouteWalk } from '../routing/route-walk.js';
import { makeTestGeneration } from './test-generation.js';

/** A gateway's routing with a clock of its own. */
export interface TestRouting {
  readonly generation: ConfigGeneration;
  readonly health: HealthRegistry;
  readonly told: (BreakerChange | CooldownBegan)[];
  /** Time passes. */
  readonly advance: (ms: number) => void;
  /** A new request for a model of the config. */
  readonly walk: (
    model: string,
    about?: { readonly document?: object; readonly maxTokens?: number },
  ) => RouteWalk;
}

/** @param config sections as in a file */
export async function startTestRouting(config: object): Promise<TestRouting> {
  const generation = await makeTestGeneration(config);
  let nowMs = 1_000_000;
  const told: (BreakerChange | CooldownBegan)[] = [];
  const health = new HealthRegistry(
    { now: () => nowMs, wallNow: () => 1_700_000_000_000 + nowMs, random: () => 0.5 },
    { onBreakerChange: (change) => told.push(change), onCooldown: (cooldown) => told.push(cooldown) },
  );
  const planner = new RoutePlanner(health);
  return {
    generation,
    health,
    told,
    advance: (ms) => (nowMs += ms),
    walk(name, { document = {}, maxTokens } = {}) {
      const model = generation.catalog.named(name);
      if (model === undefined) throw new Error(`no model ${name}`);
      const body = bodyOf({ model: name, messages: [], ...document });
      const request: PlanRequest = {
        generation,
        endpoint: 'chat.completions',
        needs: new RequestNeeds(body, maxTokens ?? null),
        stream: false,
        stickyKey: null,
        random: () => 0.5,
        nowMs,
        isDryRun: false,
      };
      const modelNamed = (other: string) => generation.catalog.named(other);
      return new RouteWalk(model, { planner, request, body, asked: name, modelNamed });
    },
  };
}

/** Three providers that nobody calls. */
export const PROVIDERS = Object.fromEntries(
  ['a', 'b', 'c'].map((name) => [name, { type: 'openai', apiKey: `provider-key-of-${name}` }]),
);

/** A priced route of one of them. */
export const route = (provider: string, model = 'x'): object => ({
  provider,
  model,
  price: { input: 1, output: 2 },
});

/** Time enough for everything. */
export const PLENTY_MS = 600_000;

/** The next call, which must be one. */
export function nextCall(walk: RouteWalk, remainingMs = PLENTY_MS): NextStep & { kind: 'call' } {
  const step = walk.next(remainingMs);
  if (step.kind !== 'call') throw new Error(`no call but ${step.kind}`);
  return step;
}

/** Lets the call fail; everything as the runner does it. */
export function fail(
  walk: RouteWalk,
  { route, permit }: NextStep & { kind: 'call' },
  change: Partial<AttemptFailure> = {},
): void {
  const failure = failureOf(change);
  permit.fail(failure);
  walk.onFailure(route, failure);
}

/** A 503 unless something else is said. */
export const failureOf = (change: Partial<AttemptFailure> = {}): AttemptFailure => ({
  fault: 'provider',
  reason: 'it answered 503',
  errorCode: 'all_providers_failed',
  attemptCode: 'provider_overloaded',
  status: 503,
  pass: null,
  detail: null,
  retryAfterMs: null,
  isSent: true,
  isOurs: false,
  scope: 'route',
  isQuota: false,
  reroute: null,
  ...change,
});

/** `provider/model` of a route. */
export const nameOf = ({ target }: ChosenRoute): string => `${target.provider.name}/${target.providerModel}`;

/** What the runner would do now, in short. */
export function stepOf(walk: RouteWalk, remainingMs = PLENTY_MS): string {
  const step = walk.next(remainingMs);
  if (step.kind === 'end') return 'end';
  return step.kind === 'wait' ? `wait ${step.ms} for ${nameOf(step.route)}` : `call ${nameOf(step.route)}`;
}

function bodyOf(document: object): RequestBody {
  const bytes = Buffer.from(JSON.stringify(document));
  const start = bytes.indexOf('"model":') + '"model":'.length;
  const spans = { model: { start, end: bytes.indexOf(',', start) }, streamOptions: null, rootStart: 1 };
  return {
    bytes,
    endpoint: 'chat.completions',
    stream: false,
    includeUsage: false,
    base64: false,
    choices: 1,
    spans,
  };
}

/** What the request's event would say, read by the contract. */
export const recordOf = (walk: RouteWalk): RoutingRecord =>
  routingRecordSchema.strict().parse(JSON.parse(walk.recordJson()));
