/** A setting that is validated but has no effect yet. Remove its line in the commit that builds it. */
export interface NotBuiltYet {
  /** `*` stands for any name or list index. */
  readonly path: readonly string[];
  /** What happens instead. */
  readonly sentence: string;
  /** Written with this value the setting says what happens anyway, so nobody is warned. */
  readonly actsAs?: string | boolean;
}

const LIMITS = 'limits are not counted yet: requests are admitted without it';
const KEY_OR_TEAM_LIMITS = ['requestsPerMinute', 'tokensPerMinute', 'concurrentRequests', 'budgets'];

/** Every setting without effect. A section is named once, not key by key. */
export const NOT_BUILT_YET: readonly NotBuiltYet[] = [
  {
    path: ['server', 'trustedProxies'],
    sentence:
      'forwarded addresses are not read yet: it only lifts the bound of connections for these addresses',
  },
  { path: ['models', '*', 'maxTokens'], sentence: 'the number of tokens asked for is not clamped yet' },
  { path: ['models', '*', 'cache'], sentence: 'answers are not cached yet' },
  {
    path: ['models', '*', 'singleFlight'],
    sentence: 'equal requests are not merged yet',
    actsAs: false,
  },
  { path: ['cache'], sentence: 'answers are not cached yet' },
  ...KEY_OR_TEAM_LIMITS.map((limit) => ({ path: ['teams', '*', limit], sentence: LIMITS })),
  { path: ['keySync'], sentence: 'keys come from this file only, and those never go stale' },
  ...KEY_OR_TEAM_LIMITS.map((limit) => ({ path: ['keys', '*', limit], sentence: LIMITS })),
  { path: ['keys', '*', 'maxTokens'], sentence: 'the number of tokens asked for is not clamped yet' },
  { path: ['keys', '*', 'enforce'], sentence: LIMITS, actsAs: false },
  { path: ['keys', '*', 'queueTimeout'], sentence: 'requests do not wait for a free place yet' },
  { path: ['debug'], sentence: 'bodies are not captured yet' },
  { path: ['retention', 'audit'], sentence: 'there are no audit records yet' },
];
