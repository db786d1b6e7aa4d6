import { asRecord } from '../wire/read-unknown.js';
import {
  fromThinkingBudget,
  isReasoningEffort,
  MIN_THINKING_TOKENS,
  REASONING_EFFORTS,
  type ReasoningEffort,
  toThinkingBudget,
} from '../translate/reasoning-effort.js';
import { readPositive, readRecord, readText, type UnknownRecord } from '../translate/read-request.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
import type { ClaudeTraits } from './claude-traits.js';

/** Answer tokens beside the thinking when the client sets no limit. */
export const DEFAULT_MAX_TOKENS = 4096;

/** What the client asked for: nothing, to think so hard, so many tokens, or not to think. */
export type ThinkingWish =
  | { readonly kind: 'default' }
  | { readonly kind: 'off' }
  | { readonly kind: 'effort'; readonly effort: ReasoningEffort }
  | { readonly kind: 'budget'; readonly tokens: number };

/** The fields of a Messages request that say how to think. */
export interface ThinkingPlan {
  readonly thinking?: UnknownRecord;
  readonly effort?: string;
  readonly maxTokens: number;
}

/**
 * Reads `reasoning_effort`, or its kin `reasoning` (OpenRouter's) and `thinking` (Anthropic's own).
 * @throws TranslationRefusal on an effort that nobody knows
 */
export function readThinkingWish(request: UnknownRecord): ThinkingWish {
  const native = readRecord(request['thinking'], 'thinking');
  if (native !== undefined) return readNative(native);
  const reasoning = readRecord(request['reasoning'], 'reasoning');
  const tokens = readPositive(reasoning?.['max_tokens'], 'reasoning.max_tokens');
  if (tokens !== undefined) return { kind: 'budget', tokens };
  const field = typeof request['reasoning_effort'] === 'string' ? 'reasoning_effort' : 'reasoning.effort';
  const effort =
    readText(request['reasoning_effort'], 'reasoning_effort') ??
    readText(reasoning?.['effort'], 'reasoning.effort');
  // Alibaba's word for it, and that of the many who followed.
  if (effort === undefined) return readSwitch(reasoning?.['enabled'] ?? request['enable_thinking']);
  if (effort === 'none') return { kind: 'off' };
  if (isReasoningEffort(effort)) return { kind: 'effort', effort };
  throw new TranslationRefusal(field, `must be one of none, ${REASONING_EFFORTS.join(', ')}.`);
}

function readSwitch(enabled: unknown): ThinkingWish {
  if (enabled === true) return { kind: 'effort', effort: 'medium' };
  return { kind: enabled === false ? 'off' : 'default' };
}

function readNative(thinking: UnknownRecord): ThinkingWish {
  const type = readText(thinking['type'], 'thinking.type');
  if (type === 'disabled') return { kind: 'off' };
  const tokens = readPositive(thinking['budget_tokens'], 'thinking.budget_tokens');
  if (tokens !== undefined) return { kind: 'budget', tokens };
  if (type === 'enabled' || type === 'adaptive') return { kind: 'effort', effort: 'medium' };
  throw new TranslationRefusal('thinking.type', 'must be one of enabled, adaptive, disabled.');
}

/**
 * How a model is to think about it.
 * @param limit the client's limit of tokens, undefined when it set none
 */
export function planThinking(
  wish: ThinkingWish,
  traits: ClaudeTraits,
  limit: number | undefined,
): ThinkingPlan {
  const maxTokens = limit ?? DEFAULT_MAX_TOKENS;
  if (wish.kind === 'default' || traits.thinking === 'none') return { maxTokens };
  const isAdaptive = traits.thinking === 'adaptive';
  if (wish.kind === 'off') return isAdaptive ? { thinking: { type: 'disabled' }, maxTokens } : { maxTokens };
  if (isAdaptive) {
    const effort = wish.kind === 'effort' ? wish.effort : fromThinkingBudget(wish.tokens);
    return { thinking: { type: 'adaptive' }, effort: toKnownEffort(effort, traits), maxTokens };
  }
  const budget = Math.max(
    wish.kind === 'effort' ? toThinkingBudget(wish.effort) : wish.tokens,
    MIN_THINKING_TOKENS,
  );
  return planBudget(budget, limit);
}

/** The budget must be below the limit, and the limit includes it. */
function planBudget(budget: number, limit: number | undefined): ThinkingPlan {
  if (limit === undefined) return { thinking: enabled(budget), maxTokens: budget + DEFAULT_MAX_TOKENS };
  if (limit > MIN_THINKING_TOKENS)
    return { thinking: enabled(Math.min(budget, limit - 1)), maxTokens: limit };
  // The smallest budget does not fit under the limit: the limit is kept for what is not thinking.
  return { thinking: enabled(MIN_THINKING_TOKENS), maxTokens: limit + MIN_THINKING_TOKENS };
}

const enabled = (budget: number): UnknownRecord => ({ type: 'enabled', budget_tokens: budget });

function toKnownEffort(effort: ReasoningEffort, traits: ClaudeTraits): string {
  if (effort === 'minimal') return 'low';
  if (effort === 'xhigh' || effort === 'max') return traits.efforts.includes(effort) ? effort : 'high';
  return effort;
}

/** Whether a plan makes the model think, which forbids some other fields. */
export function isThinking(plan: ThinkingPlan): boolean {
  const type = asRecord(plan.thinking)?.['type'];
  return type === 'enabled' || type === 'adaptive';
}
