// How hard a model is to think: OpenAI names an effort, older Claude models take a budget of tokens.

/** Efforts in rising order; a choice of the house, capped by what a model and a request allow. */
const LADDER = [
  ['minimal', 1024],
  ['low', 2048],
  ['medium', 8192],
  ['high', 16384],
  ['xhigh', 24576],
  ['max', 32768],
] as const;

export type ReasoningEffort = (typeof LADDER)[number][0];

/** The least that Anthropic takes as a budget. */
export const MIN_THINKING_TOKENS = 1024;

const BUDGETS: ReadonlyMap<string, number> = new Map(LADDER);

/** All names, for messages. */
export const REASONING_EFFORTS: readonly ReasoningEffort[] = LADDER.map(([effort]) => effort);

/** Whether this is the name of an effort. */
export const isReasoningEffort = (text: string): text is ReasoningEffort => BUDGETS.has(text);

/** Tokens to think with. */
export const toThinkingBudget = (effort: ReasoningEffort): number =>
  BUDGETS.get(effort) ?? MIN_THINKING_TOKENS;

/** The effort whose budget is the smallest that is not below this one. */
export function fromThinkingBudget(tokens: number): ReasoningEffort {
  for (const [effort, budget] of LADDER) if (tokens <= budget) return effort;
  return 'max';
}
