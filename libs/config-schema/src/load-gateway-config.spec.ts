import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configOf, load, problemsOf, sentencesOf, SMALLEST } from './__fixtures__/load-text.js';
import { formatProblems } from './format-problems.js';

const FULL = readFileSync(new URL('../src/__fixtures__/full.yaml', import.meta.url), 'utf8');
const FULL_OPTIONS = {
  env: { MAIN_KEY: 'main-provider-key' },
  readFile: (path: string): string => (path === '/run/secrets/lab' ? 'lab-provider-key\n' : ''),
};

describe('a file that is right', () => {
  it('becomes milliseconds, bytes, dates and resolved names, section by section', () => {
    const config = configOf(FULL, FULL_OPTIONS);
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 8181,
      maxRequestBodyBytes: 4_194_304,
      shutdownGraceMs: 90_000,
      workers: 'auto',
      maxConcurrency: 900,
      trustedProxies: ['10.0.0.0/8', '::1'],
      cors: { origins: ['https://chat.example.org'], maxAgeMs: 3_600_000 },
    });
    expect(config.providers.get('lab')).toEqual({
      name: 'lab',
      type: 'openai-compatible',
      faults: {},
      baseUrl: 'http://10.1.2.3:8000/v1',
      apiKey: 'lab-provider-key',
      allowPrivateNetwork: true,
      maxConcurrency: 7,
      queueTimeoutMs: 1_500,
      headers: { 'x-unit': 'research' },
      sendAttemptId: true,
      quirks: { streamOptions: false },
    });
    expect(config.models.get('large')).toEqual({
      name: 'large',
      strategy: 'lowest-cost',
      routes: [
        {
          provider: 'main',
          model: 'large-2026',
          weight: 3,
          price: { input: 2, cachedInput: 0.5, cacheWrite: 2.5, output: 8 },
        },
        { provider: 'lab', model: 'open-large', weight: 1 },
      ],
      fallbacks: ['quick'],
      fallbacksOn: { contextWindow: 'long', contentPolicy: 'quick' },
      contextWindow: 64_000,
      capabilities: ['tools', 'documents'],
      maxTokens: 4_000,
      timeouts: { connectMs: 2_000, firstTokenMs: 20_000, idleMs: 30_000, totalMs: 300_000 },
      cacheTtlMs: 86_400_000,
      singleFlight: true,
    });
    expect(config.keys).toEqual([
      {
        name: 'nightly',
        key: 'nightly-0123456789-abcdefgh',
        team: 'research',
        models: ['large', 'quick*'],
        requestsPerMinute: 10,
        tokensPerMinute: 1_000,
        concurrentRequests: 2,
        budgets: [
          { usd: 1.5, period: 'day' },
          { usd: 9, period: 'total' },
        ],
        expiresAt: new Date('2027-06-30T10:00:00Z'),
        disabled: true,
        maxTokens: 256,
        enforce: false,
        queueTimeoutMs: 2_000,
      },
    ]);
    const { retry, circuitBreaker, timeouts, cache, prices, teams, debug, retention } = config;
    expect({ retry, circuitBreaker, timeouts, cache, debug, retention }).toEqual({
      retry: {
        maxAttempts: 2,
        initialBackoffMs: 100,
        multiplier: 3,
        maxBackoffMs: 2_000,
        jitter: 'none',
        budgetRatio: 0.1,
        maxRetryAfterWaitMs: 1_000,
      },
      circuitBreaker: {
        consecutiveFailures: 9,
        failureRatio: 0.25,
        minRequests: 40,
        windowMs: 60_000,
        openForMs: 10_000,
        maxOpenForMs: 600_000,
        halfOpenProbes: 3,
      },
      timeouts: { connectMs: 2_000, firstTokenMs: 45_000, idleMs: 30_000, totalMs: 480_000 },
      cache: { enabled: false, maxEntryBytes: 131_072, shareBy: 'team' },
      debug: {
        enabled: true,
        maxBodyBytes: 1_024,
        sampleRatio: 0.5,
        retentionMaxAgeMs: 43_200_000,
        retentionMaxBytes: 67_108_864,
      },
      retention: { requestsMs: 604_800_000, auditMs: 2_592_000_000, rollupsMs: 5_184_000_000 },
    });
    expect(prices).toEqual(new Map([['open-large', { input: 0.1, output: 0.2 }]]));
    expect(teams.get('research')).toEqual({
      name: 'research',
      requestsPerMinute: 100,
      tokensPerMinute: 5_000,
      concurrentRequests: 3,
      budgets: [{ usd: 20, period: 'week' }],
    });
    expect(config.keySyncMaxStaleMs).toBe(300_000);
  });

  it('keeps the order of the file, numbers as names included', () => {
    expect([...configOf(FULL, FULL_OPTIONS).models.keys()]).toEqual(['large', 'quick', 'long', '4']);
  });

  it('resolves chains of aliases to the model they end at', () => {
    expect(configOf(FULL, FULL_OPTIONS).aliases).toEqual(
      new Map([
        ['default', 'large'],
        ['best', 'large'],
      ]),
    );
  });

  it('is named by the first 12 hex digits of the SHA-256 of its text', () => {
    const digest = createHash('sha256').update(SMALLEST).digest('hex');
    expect(configOf(SMALLEST).version).toBe(digest.slice(0, 12));
    expect(configOf(`${SMALLEST}# a comment\n`).version).not.toBe(digest.slice(0, 12));
  });

  it('gets the documented defaults for everything that it leaves out', () => {
    const config = configOf(SMALLEST);
    expect(config).toMatchObject({
      server: {
        host: '0.0.0.0',
        port: 8080,
        maxRequestBodyBytes: 20_971_520,
        shutdownGraceMs: 120_000,
        workers: 1,
        trustedProxies: [],
        cors: undefined,
      },
      retry: {
        maxAttempts: 3,
        initialBackoffMs: 200,
        multiplier: 2,
        maxBackoffMs: 5_000,
        jitter: 'full',
        budgetRatio: 0.2,
        maxRetryAfterWaitMs: 5_000,
      },
      circuitBreaker: {
        consecutiveFailures: 5,
        failureRatio: 0.5,
        minRequests: 20,
        windowMs: 30_000,
        openForMs: 5_000,
        maxOpenForMs: 300_000,
        halfOpenProbes: 2,
      },
      timeouts: { connectMs: 5_000, firstTokenMs: 60_000, idleMs: 60_000, totalMs: 600_000 },
      keySyncMaxStaleMs: 900_000,
      keys: [],
      debug: {
        enabled: false,
        maxBodyBytes: 65_536,
        sampleRatio: 1,
        retentionMaxAgeMs: 259_200_000,
        retentionMaxBytes: 1_073_741_824,
      },
      retention: { requestsMs: 2_592_000_000, auditMs: 31_536_000_000, rollupsMs: 34_560_000_000 },
    });
    expect(config.models.get('gpt-4o')).toMatchObject({
      strategy: 'priority',
      fallbacks: [],
      singleFlight: false,
      cacheTtlMs: undefined,
    });
  });

  it('cannot be changed by anyone, maps and dates included', () => {
    const config = configOf(FULL, FULL_OPTIONS);
    // Types say read-only; this is about code that does not listen.
    const models = config.models as Map<string, unknown>;
    expect(() => models.set('x', {})).toThrow('frozen');
    expect(() => models.delete('large')).toThrow('frozen');
    expect(() => config.keys[0]!.expiresAt!.setFullYear(2099)).toThrow('frozen');
    expect(Object.isFrozen(config.models.get('large')!.routes[0])).toBe(true);
    expect(Object.isFrozen(config.providers.get('lab')!.headers)).toBe(true);
  });

  it('may use names that JavaScript objects answer for', () => {
    const text = `providers: { toString: { type: openai, apiKey: abc } }
models: { constructor: { routes: [{ provider: toString, model: valueOf }] } }
aliases: { hasOwnProperty: isPrototypeOf, isPrototypeOf: constructor }`;
    expect(configOf(text).aliases.get('hasOwnProperty')).toBe('constructor');
    const wrong = `${SMALLEST}aliases: { a: constructor }`;
    expect(sentencesOf(wrong)[0]).toContain('names no model or alias');
  });
});

describe('a file that is wrong', () => {
  const TEN_MISTAKES = `server: { prot: 8080, maxRequestBodyMb: "20" }
providers:
  openai: { type: cohere, apiKey: "\${NO_SUCH_KEY}" }
models:
  gpt-4o:
    routes: [{ provider: opnai, model: gpt-4o }]
    fallbacks: [gpt-5]
aliases: { a: b, b: a }
retry: { initialBackoff: 9s, maxBackoff: 1s }
timeouts: { idle: -3s }
keys:
  - { name: ci, key: too-short }
`;

  it('lists ten mistakes as ten, shape and cross references together, by place', () => {
    expect(formatProblems(problemsOf(TEN_MISTAKES), 'sluice.yaml').split('\n')).toEqual([
      'sluice.yaml:1:11 server.prot: "prot" is an unknown key; did you mean "port"?',
      'sluice.yaml:1:41 server.maxRequestBodyMb: "maxRequestBodyMb" must be a number from 0 to 1024, but is text: write it without quotes; for example 20',
      'sluice.yaml:3:19 providers.openai.type: "type" must be one of "openai", "openai-compatible", "anthropic" (a kind enters this list together with its adapter), but is another text',
      'sluice.yaml:3:35 providers.openai.apiKey: "apiKey" needs the environment variable NO_SUCH_KEY, which is not set: set it, or give a default as ${NO_SUCH_KEY:-default}',
      'sluice.yaml:6:26 models.gpt-4o.routes[0].provider: "provider" names no provider of this file: add it under "providers"; did you mean "openai"?',
      'sluice.yaml:7:17 models.gpt-4o.fallbacks[0]: "fallbacks[0]" names no model or alias of this file: add it under "models"; did you mean "gpt-4o"?',
      'sluice.yaml:8:21 aliases.b: "b" leads back to itself (a → b → a): point one of them at a model',
      'sluice.yaml:9:26 retry.initialBackoff: "initialBackoff" must not be longer than maxBackoff: shorten it, or raise maxBackoff',
      'sluice.yaml:10:19 timeouts.idle: "idle" must be a duration above zero and up to 24d (units ms, s, m, h, d), but is a negative duration; for example 60s',
      'sluice.yaml:12:22 keys[0].key: "key" must be a key of 24 to 256 visible ASCII characters, but is text that is shorter, longer, or has blanks or other characters; for example "${CI_KEY}"',
    ]);
  });

  it('never repeats a value, whatever is wrong with it', () => {
    const secret = 'hunter2-hunter2';
    const spots = [
      `providers: { a: { type: ${secret}, apiKey: "${secret} ${secret}", apikey: ${secret} } }`,
      `providers: { a: { type: openai, apiKey:${secret} } }`,
      `providers: { a: { type: openai, apiKey=${secret} } }`,
      `providers: { a: { type: openai-compatible, baseUrl: "https://u:${secret}@x.example.com/?k=${secret}#${secret}" } }`,
      `providers: { a: { type: openai-compatible, baseUrl: "https://x.example.com", headers: { x-api-key:${secret} } } }`,
      `providers: { a: { type: openai-compatible, baseUrl: "https://x.example.com", headers: { x-api-key: "${secret}\\n" } } }`,
      `providers: ${secret}\nmodels: [${secret}]`,
      `keys:\n  - { name: "${secret} x", key: ${secret}, team: ${secret}!, models: ["${secret} x"], expiresAt: ${secret}, enforce: ${secret} }`,
      `keys:\n  - { name: a, key: "${secret}-${secret}" }\n  - { name: b, key: "${secret}-${secret}" }`,
      `keys:\n  - { name: a, key: "\${${secret}}" }`,
      `keys:\n  - { name: a, key: "\${MISSING:-${secret}" }`,
      `keys:\n  - { name: a, key: ${secret}: x }`,
      `keys:\n  - name: a\n   key: ${secret}`,
      `keys:\n  - { name: a, key: "${secret}`,
      `keys: &${secret} [*${secret}]`,
      `keys: !${secret} x`,
      `keys: [*${secret}]`,
      `server: { port: "\${SECRET}", host: "\${SECRET} x", workers: "\${SECRET}", cors: { origins: ["\${SECRET}"] } }`,
      `models: { m: { strategy: "\${SECRET}", routes: [{ provider: "\${SECRET}", model: "\${SECRET} x" }], fallbacks: ["\${SECRET}"], cache: { ttl: "\${SECRET}" } } }`,
      `aliases: { a: "\${SECRET}" }\ntimeouts: { idle: "\${SECRET}" }`,
    ];
    for (const text of spots) {
      const problems = problemsOf(text, { env: { SECRET: secret } });
      expect(JSON.stringify(problems), text).not.toContain(secret);
    }
  });

  it('points at the text even where something is missing', () => {
    const [missing] = problemsOf('providers: { a: { type: openai, apiKey: x } }\nmodels:\n  m: {}\n');
    expect(missing).toMatchObject({ path: 'models.m.routes', line: 3, column: 3 });
  });

  it('says both mistakes of a section that has an unknown key and a wrong value', () => {
    expect(sentencesOf(`${SMALLEST}retry: { attempts: 3, multiplier: many }`)).toEqual([
      'retry.attempts: "attempts" is an unknown key; did you mean "maxAttempts"?',
      'retry.multiplier: "multiplier" must be a number from 1 to 100, but is text: write it without quotes; for example 2',
    ]);
  });
});

describe('references', () => {
  const withKey = (key: string): string =>
    `providers: { a: { type: openai, apiKey: ${key} } }\nmodels: { m: { routes: [{ provider: a, model: m }] } }\n`;

  it('may stand for numbers and switches too', () => {
    const text = `${SMALLEST}server: { port: "\${PORT}", workers: "\${WORKERS:-2}" }\ncache: { enabled: "\${CACHE}" }\ntimeouts: { idle: "\${IDLE}" }`;
    const config = configOf(text, { env: { PORT: '9999', CACHE: 'false', IDLE: '7s' } });
    expect(config.server).toMatchObject({ port: 9999, workers: 2 });
    expect(config.cache.enabled).toBe(false);
    expect(config.timeouts.idleMs).toBe(7_000);
  });

  it('under providers and keys stay as written for those who may not resolve them', () => {
    const text = `${withKey('"${PROVIDER_KEY}"')}keys:\n  - { name: k, key: "\${K}", team: "\${TEAM}", requestsPerMinute: "\${RPM}", budgets: [{ usd: "\${USD}", period: day }] }\nserver: { port: "\${PORT:-81}" }`;
    const config = configOf(text, { resolveSecrets: false });
    expect(config.providers.get('a')?.apiKey).toBe('${PROVIDER_KEY}');
    expect(config.keys[0]).toMatchObject({
      key: '${K}',
      team: '${TEAM}',
      requestsPerMinute: undefined,
      budgets: [],
    });
    expect(config.server.port).toBe(81);
  });

  it('to missing variables and files name them, all at once', () => {
    const text = `${withKey('file:/run/nothing')}keys:\n  - { name: k, key: "\${ONE}-\${TWO}" }`;
    expect(sentencesOf(text, { env: { TWO: '' } })).toEqual([
      'providers.a.apiKey: "apiKey" needs the file "/run/nothing", which cannot be read (ENOENT): create it, or let this process read it',
      'keys[0].key: "key" needs the environment variable ONE, which is not set: set it, or give a default as ${ONE:-default}',
      'keys[0].key: "key" needs the environment variable TWO, which is set but empty: set it, or give a default as ${TWO:-default}',
    ]);
  });

  it('are judged by what they lead to, without repeating it', () => {
    const [sentence] = sentencesOf(withKey('"${KEY}"'), { env: { KEY: 'two words' } });
    expect(sentence).toContain('"apiKey" must be a key of visible ASCII characters');
    expect(sentence).not.toContain('two words');
  });
});

describe('warnings', () => {
  it('are none for a file that sets nothing without effect', () => {
    expect(load(SMALLEST)).toMatchObject({ ok: true, warnings: [] });
  });
});

it('keeps a query in an address, as Azure wants it', () => {
  const text =
    'providers: { a: { type: openai-compatible, baseUrl: "https://x.example.com/openai/?api-version=2024-10-21" } }\n' +
    'models: { m: { routes: [{ provider: a, model: m }] } }';
  expect(configOf(text).providers.get('a')?.baseUrl).toBe(
    'https://x.example.com/openai/?api-version=2024-10-21',
  );
});
