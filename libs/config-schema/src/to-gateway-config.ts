import { createHash } from 'node:crypto';
import type {
  GatewayConfig,
  KeyConfig,
  LimitsConfig,
  ModelConfig,
  ProviderConfig,
  ServerConfig,
  TimeoutsConfig,
} from './gateway-config.js';
import type { ParsedFile } from './schema/gateway-config.schema.js';
import type { Place } from './yaml/yaml-walk.js';

const KIB = 1024;
const MIB = 1024 * 1024;

/** First 12 hex digits of the SHA-256 of the text: the config version. */
export function configVersionOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 12);
}

/** The file without mistakes as services see it. `root` tells the order of the file. Not frozen yet. */
export function toGatewayConfig(file: ParsedFile, root: Place, version: string): GatewayConfig {
  const timeouts = toTimeouts(file.timeouts);
  return {
    version,
    server: toServer(file.server),
    providers: toMap(file.providers, root.children.get('providers'), toProvider),
    models: toMap(file.models, root.children.get('models'), (model, name) => toModel(model, name, timeouts)),
    aliases: toAliases(file, root.children.get('aliases')),
    retry: {
      maxAttempts: file.retry.maxAttempts,
      initialBackoffMs: file.retry.initialBackoff,
      multiplier: file.retry.multiplier,
      maxBackoffMs: file.retry.maxBackoff,
      jitter: file.retry.jitter,
      budgetRatio: file.retry.budgetRatio,
      maxRetryAfterWaitMs: file.retry.maxRetryAfterWait,
    },
    circuitBreaker: {
      consecutiveFailures: file.circuitBreaker.consecutiveFailures,
      failureRatio: file.circuitBreaker.failureRatio,
      minRequests: file.circuitBreaker.minRequests,
      windowMs: file.circuitBreaker.window,
      openForMs: file.circuitBreaker.openFor,
      maxOpenForMs: file.circuitBreaker.maxOpenFor,
      halfOpenProbes: file.circuitBreaker.halfOpenProbes,
    },
    timeouts,
    cache: {
      enabled: file.cache.enabled,
      maxEntryBytes: Math.round(file.cache.maxEntryKb * KIB),
      shareBy: file.cache.shareBy,
    },
    prices: toMap(file.prices, root.children.get('prices'), (price) => price),
    teams: toMap(file.teams, root.children.get('teams'), (team, name) => ({ name, ...toLimits(team) })),
    keySyncMaxStaleMs: file.keySync.maxStale,
    keys: file.keys.map(toKey),
    debug: {
      enabled: file.debug.enabled,
      maxBodyBytes: file.debug.maxBodyBytes,
      sampleRatio: file.debug.sampleRatio,
      retentionMaxAgeMs: file.debug.retention.maxAge,
      retentionMaxBytes: Math.round(file.debug.retention.maxSizeMb * MIB),
    },
    retention: {
      requestsMs: file.retention.requests,
      auditMs: file.retention.audit,
      rollupsMs: file.retention.rollups,
    },
  };
}

/** A map in the order of the file: a JavaScript object would put names like `4` first. */
function toMap<From, To>(
  record: Readonly<Record<string, From>>,
  place: Place | undefined,
  convert: (value: From, name: string) => To,
): Map<string, To> {
  const order = [...(place?.children.keys() ?? [])].map(String);
  const position = new Map(order.map((name, index) => [name, index]));
  const entries = Object.entries(record).sort(
    ([left], [right]) => (position.get(left) ?? 0) - (position.get(right) ?? 0),
  );
  return new Map(entries.map(([name, value]) => [name, convert(value, name)]));
}

function toServer(server: ParsedFile['server']): ServerConfig {
  const { cors } = server;
  return {
    host: server.host,
    port: server.port,
    maxRequestBodyBytes: Math.round(server.maxRequestBodyMb * MIB),
    shutdownGraceMs: server.shutdownGrace,
    workers: server.workers,
    maxConcurrency: server.maxConcurrency,
    trustedProxies: server.trustedProxies,
    cors: cors === undefined ? undefined : { origins: cors.origins, maxAgeMs: cors.maxAge },
  };
}

function toProvider(provider: ParsedFile['providers'][string], name: string): ProviderConfig {
  const headers = Object.entries(provider.headers).map(([header, value]) => [header.toLowerCase(), value]);
  return {
    name,
    type: provider.type,
    baseUrl: provider.baseUrl?.replace(/\/+$/, ''),
    apiKey: provider.apiKey,
    allowPrivateNetwork: provider.allowPrivateNetwork,
    maxConcurrency: provider.maxConcurrency,
    queueTimeoutMs: provider.queueTimeout,
    headers: Object.fromEntries(headers) as Record<string, string>, // pairs of two strings
    sendAttemptId: provider.sendAttemptId,
    faults: Object.fromEntries(
      Object.entries(provider.faults).map(([code, fault]) => [code.toLowerCase(), fault]),
    ),
    quirks: provider.quirks ?? {
      streamOptions: true,
    },
  };
}

function toModel(model: ParsedFile['models'][string], name: string, timeouts: TimeoutsConfig): ModelConfig {
  const own = model.timeouts;
  const fallbacksOn = Object.entries(model.fallbacksOn).filter(([, target]) => target !== undefined);
  return {
    name,
    strategy: model.strategy,
    routes: model.routes,
    fallbacks: model.fallbacks,
    fallbacksOn: Object.fromEntries(fallbacksOn) as Record<string, string>, // undefined ones are gone
    contextWindow: model.contextWindow,
    capabilities: model.capabilities,
    maxTokens: model.maxTokens,
    timeouts: {
      connectMs: own.connect ?? timeouts.connectMs,
      firstTokenMs: own.firstToken ?? timeouts.firstTokenMs,
      idleMs: own.idle ?? timeouts.idleMs,
      totalMs: own.total ?? timeouts.totalMs,
    },
    cacheTtlMs: model.cache?.ttl,
    singleFlight: model.singleFlight,
  };
}

function toTimeouts(timeouts: ParsedFile['timeouts']): TimeoutsConfig {
  return {
    connectMs: timeouts.connect,
    firstTokenMs: timeouts.firstToken,
    idleMs: timeouts.idle,
    totalMs: timeouts.total,
  };
}

/** Chains end at a model or behind a wildcard: the checks have refused everything else. */
function toAliases(file: ParsedFile, place: Place | undefined): Map<string, string> {
  // A map, since an object answers for names like "constructor".
  const targets = new Map(Object.entries(file.aliases));
  return toMap(file.aliases, place, (target) => {
    let name = target;
    for (let next = targets.get(name); next !== undefined; next = targets.get(name)) name = next;
    return name;
  });
}

function toLimits(limits: ParsedFile['teams'][string]): LimitsConfig {
  return {
    requestsPerMinute: limits.requestsPerMinute,
    tokensPerMinute: limits.tokensPerMinute,
    concurrentRequests: limits.concurrentRequests,
    // An amount that only edges resolve is no number here.
    budgets: limits.budgets.filter(({ usd }) => Number.isFinite(usd)),
  };
}

function toKey(key: ParsedFile['keys'][number]): KeyConfig {
  return {
    name: key.name,
    key: key.key,
    team: key.team,
    models: key.models,
    ...toLimits(key),
    expiresAt: key.expiresAt,
    disabled: key.disabled,
    maxTokens: key.maxTokens,
    enforce: key.enforce,
    queueTimeoutMs: key.queueTimeout,
  };
}
