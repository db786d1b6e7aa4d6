// The gateway's config as the services see it: parsed, defaulted, frozen. Durations are milliseconds,
// sizes bytes; what is absent does not exist (undefined), never a magic number.

/** USD per million tokens. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

export interface CorsConfig {
  readonly origins: readonly string[];
  readonly maxAgeMs: number;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly maxRequestBodyBytes: number;
  readonly shutdownGraceMs: number;
  /** Processes of this edge. */
  readonly workers: number | 'auto';
  /** Requests at a time of this edge, all its workers together; undefined: as many as it can bear. */
  readonly maxConcurrency?: number | undefined;
  readonly trustedProxies: readonly string[];
  readonly cors?: CorsConfig | undefined;
}

/** The kinds of provider that have an adapter. One line here for a new one; the registry is a full record over it. */
export const PROVIDER_TYPES = ['openai', 'openai-compatible', 'anthropic'] as const;
export type ProviderType = (typeof PROVIDER_TYPES)[number];

/** Whose fault a provider's error can be; what follows from each is in docs/errors.md. */
export const PROVIDER_FAULTS = ['client', 'credential', 'mapping', 'limits', 'provider'] as const;
export type ProviderFault = (typeof PROVIDER_FAULTS)[number];

export interface ProviderConfig {
  readonly name: string;
  readonly type: ProviderType;
  /** Without a trailing slash, e.g. `https://api.openai.com/v1`; undefined means the type's own address. */
  readonly baseUrl?: string | undefined;
  /** Resolved secret, absent for providers that need none. Never log it. */
  readonly apiKey?: string | undefined;
  readonly allowPrivateNetwork: boolean;
  /** Calls at a time from this edge, all its workers together; undefined: as many as come. */
  readonly maxConcurrency?: number | undefined;
  readonly queueTimeoutMs?: number | undefined;
  /** Extra headers of every upstream call, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sendAttemptId: boolean;
  /** By the error's code in lower case, or by its HTTP status: where this provider's errors mean something else than usual. */
  readonly faults: Readonly<Record<string, ProviderFault>>;
  /** Differences of a look-alike server, as data. See {@link ProviderQuirks}. */
  readonly quirks: ProviderQuirks;
}

/** What an OpenAI look-alike does otherwise. Absent = as OpenAI. */
export interface ProviderQuirks {
  /** False: the server refuses `stream_options`; usage is not forced on. */
  readonly streamOptions: boolean;
}

export interface RouteConfig {
  readonly provider: string;
  /** The provider's name of the model; a `*` in it stands for what the one of the model's name stood for. */
  readonly model: string;
  readonly weight: number;
  readonly price?: TokenPrice | undefined;
}

export const ROUTING_STRATEGIES = [
  'priority',
  'weighted',
  'round-robin',
  'least-latency',
  'least-busy',
  'lowest-cost',
  'sticky',
] as const;
export type RoutingStrategy = (typeof ROUTING_STRATEGIES)[number];

export const MODEL_CAPABILITIES = [
  'tools',
  'images',
  'audio',
  'documents',
  'jsonSchema',
  'reasoning',
  'embeddings',
] as const;
export type ModelCapability = (typeof MODEL_CAPABILITIES)[number];

export interface TimeoutsConfig {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface ModelConfig {
  /** One `*` in it: a wildcard, see `compileWildcards`. */
  readonly name: string;
  readonly strategy: RoutingStrategy;
  /** At least one, in the order of the file. */
  readonly routes: readonly RouteConfig[];
  readonly fallbacks: readonly string[];
  readonly fallbacksOn: Readonly<Record<string, string>>;
  readonly contextWindow?: number | undefined;
  readonly capabilities?: readonly ModelCapability[] | undefined;
  readonly maxTokens?: number | undefined;
  /** The config's timeouts with this model's own laid over them. */
  readonly timeouts: TimeoutsConfig;
  readonly cacheTtlMs?: number | undefined;
  readonly singleFlight: boolean;
}

export interface RetryConfig {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly multiplier: number;
  readonly maxBackoffMs: number;
  readonly jitter: 'full' | 'none';
  readonly budgetRatio: number;
  readonly maxRetryAfterWaitMs: number;
}

export interface CircuitBreakerConfig {
  readonly consecutiveFailures: number;
  readonly failureRatio: number;
  readonly minRequests: number;
  readonly windowMs: number;
  readonly openForMs: number;
  readonly maxOpenForMs: number;
  readonly halfOpenProbes: number;
}

export const BUDGET_PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const;
export interface BudgetConfig {
  readonly usd: number;
  readonly period: (typeof BUDGET_PERIODS)[number];
}

export interface LimitsConfig {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly concurrentRequests?: number | undefined;
  readonly budgets: readonly BudgetConfig[];
}

export interface TeamConfig extends LimitsConfig {
  readonly name: string;
}

export interface KeyConfig extends LimitsConfig {
  readonly name: string;
  /** Resolved secret. Never log it. */
  readonly key: string;
  /** `default` when the file names none. */
  readonly team: string;
  /** Model patterns; `*` matches any run of characters but `/`-forms (`provider/model`) need one of their own. */
  readonly models: readonly string[];
  readonly expiresAt?: Date | undefined;
  readonly disabled: boolean;
  readonly maxTokens?: number | undefined;
  readonly enforce: boolean;
  readonly queueTimeoutMs: number;
}

export interface CacheConfig {
  readonly enabled: boolean;
  readonly maxEntryBytes: number;
  readonly shareBy: 'key' | 'team';
}

export interface DebugConfig {
  readonly enabled: boolean;
  readonly maxBodyBytes: number;
  readonly sampleRatio: number;
  readonly retentionMaxAgeMs: number;
  readonly retentionMaxBytes: number;
}

export interface RetentionConfig {
  readonly requestsMs: number;
  readonly auditMs: number;
  readonly rollupsMs: number;
}

/** One immutable generation of the config. */
export interface GatewayConfig {
  /** First 12 hex digits of the SHA-256 of the file's text. */
  readonly version: string;
  readonly server: ServerConfig;
  /** By name, in the order of the file. */
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly models: ReadonlyMap<string, ModelConfig>;
  /** Alias to the name of a model, or to one that a wildcard covers; chains are followed to their end. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly retry: RetryConfig;
  readonly circuitBreaker: CircuitBreakerConfig;
  readonly timeouts: TimeoutsConfig;
  readonly cache: CacheConfig;
  readonly prices: ReadonlyMap<string, TokenPrice>;
  readonly teams: ReadonlyMap<string, TeamConfig>;
  readonly keySyncMaxStaleMs: number;
  readonly keys: readonly KeyConfig[];
  readonly debug: DebugConfig;
  readonly retention: RetentionConfig;
}

/** One mistake in the file. */
export interface ConfigProblem {
  /** Dotted path, e.g. `models.gpt-4o.routes[0].provider`; empty for the file itself. */
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, what kind of value it was (never the value of a secret), and the way out. */
  readonly message: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: GatewayConfig; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };
