import { describe, expect, it } from 'vitest';
import { models, provider, rest, route } from '../__fixtures__/config-texts.js';
import { configOf, load, problemsOf } from '../__fixtures__/load-text.js';

/** Every duration of the file, as the text around it. */
const DURATIONS: readonly (readonly [path: string, text: (duration: string) => string])[] = [
  ['server.shutdownGrace', (duration) => rest(`server: { shutdownGrace: ${duration} }`)],
  ['server.cors.maxAge', (duration) => rest(`server: { cors: { origins: ["*"], maxAge: ${duration} } }`)],
  [
    'providers.p.queueTimeout',
    (duration) => provider(`{ type: openai, apiKey: k, maxConcurrency: 1, queueTimeout: ${duration} }`),
  ],
  ...['initialBackoff', 'maxBackoff', 'maxRetryAfterWait'].map(
    (field) => [`retry.${field}`, (duration: string) => rest(`retry: { ${field}: ${duration} }`)] as const,
  ),
  ...['window', 'openFor', 'maxOpenFor'].map(
    (field) =>
      [
        `circuitBreaker.${field}`,
        (duration: string) => rest(`circuitBreaker: { ${field}: ${duration} }`),
      ] as const,
  ),
  ...['connect', 'firstToken', 'idle', 'total'].flatMap((field) => [
    [`timeouts.${field}`, (duration: string) => rest(`timeouts: { ${field}: ${duration} }`)] as const,
    [
      `models.m.timeouts.${field}`,
      (duration: string) => models(`{ m: { routes: [${route}], timeouts: { ${field}: ${duration} } } }`),
    ] as const,
  ]),
];

describe.each(DURATIONS)('%s', (path, text) => {
  it.each(['-1s', '-0.5ms', '5', '5 s', '1y', '30d1h', 'soon', '""', '100000d', '[]'])(
    'is refused when it is %s',
    (duration) => {
      const problems = problemsOf(text(duration));
      // Beside its own mistake one may be too long for another field.
      expect(new Set(problems.map((problem) => problem.path))).toEqual(new Set([path]));
      expect(problems.map(({ message }) => message).join()).toContain('must be a duration');
    },
  );
});

describe('an impossible number is refused with its place', () => {
  it.each([
    ['retry.maxAttempts', 'retry: { maxAttempts: 0 }', 'too small'],
    ['retry.maxAttempts', 'retry: { maxAttempts: 11 }', 'too large'],
    ['retry.maxAttempts', 'retry: { maxAttempts: 2.5 }', 'a fraction'],
    ['retry.multiplier', 'retry: { multiplier: 0.5 }', 'too small'],
    ['retry.multiplier', 'retry: { multiplier: .inf }', 'finite'],
    ['retry.budgetRatio', 'retry: { budgetRatio: 1.5 }', 'too large'],
    ['retry.budgetRatio', 'retry: { budgetRatio: -0.1 }', 'negative'],
    ['retry.jitter', 'retry: { jitter: half }', 'another text'],
    ['circuitBreaker.consecutiveFailures', 'circuitBreaker: { consecutiveFailures: 0 }', 'too small'],
    ['circuitBreaker.failureRatio', 'circuitBreaker: { failureRatio: 0 }', 'too small'],
    ['circuitBreaker.failureRatio', 'circuitBreaker: { failureRatio: 50 }', 'too large'],
    ['circuitBreaker.minRequests', 'circuitBreaker: { minRequests: 0 }', 'too small'],
    ['circuitBreaker.halfOpenProbes', 'circuitBreaker: { halfOpenProbes: 0 }', 'too small'],
    ['circuitBreaker.halfOpenProbes', 'circuitBreaker: { halfOpenProbes: -2 }', 'negative'],
    ['server.workers', 'server: { workers: 0 }', 'outside'],
    ['server.workers', 'server: { workers: 1000 }', 'outside'],
    ['server.workers', 'server: { workers: all }', 'another text'],
    ['server.maxConcurrency', 'server: { maxConcurrency: 0 }', 'too small'],
    ['server.maxConcurrency', 'server: { maxConcurrency: 1.5 }', 'a fraction'],
    ['server.maxConcurrency', 'server: { workers: 4, maxConcurrency: 3 }', 'server.workers'],
    ['server.cors.origins', 'server: { cors: { origins: [] } }', 'at least one'],
    ['server.cors.origins', 'server: { cors: {} }', 'is missing'],
  ])('%s in %s', (path, text, sentence) => {
    const problems = problemsOf(rest(text));
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]!.message).toContain(sentence);
  });

  it('calls to a provider below the number of workers', () => {
    const text = `${provider('{ type: openai, apiKey: k, maxConcurrency: 2 }')}server: { workers: 3 }\n`;
    expect(problemsOf(text).map(({ path, message }) => [path, message])).toEqual([
      [
        'providers.p.maxConcurrency',
        '"maxConcurrency" must not be below server.workers, since each of them gets its share: raise it, or have fewer workers',
      ],
    ]);
    expect(configOf(text.replace('workers: 3', 'workers: 2')).server.workers).toBe(2);
    // How many those are is known where the edge runs.
    expect(configOf(text.replace('workers: 3', 'workers: auto')).server.workers).toBe('auto');
  });

  it('a bound and workers from the environment', () => {
    const text = rest('server: { workers: "${W}", maxConcurrency: "${C}" }');
    expect(problemsOf(text, { env: { W: '4', C: '3' } })[0]?.path).toBe('server.maxConcurrency');
    expect(configOf(text, { env: { W: '4', C: '4' } }).server).toMatchObject({
      workers: 4,
      maxConcurrency: 4,
    });
  });

  it('an answer larger than the model', () => {
    const of = (maxTokens: number): string =>
      models(`{ m: { routes: [${route}], contextWindow: 1000, maxTokens: ${maxTokens} } }`);
    expect(problemsOf(of(1001))[0]).toMatchObject({
      path: 'models.m.maxTokens',
      message: '"maxTokens" must not be above contextWindow: lower it, or raise contextWindow',
    });
    expect(configOf(of(1000)).models.size).toBe(1);
  });
});

describe('what is possible but can never act is taken with a warning at its place', () => {
  const warningsOf = (text: string): string[] => {
    const result = load(text);
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
    return result.warnings
      .filter(({ message }) => !message.includes('in this version'))
      .map(({ path, message }) => `${path}: ${message}`);
  };

  it.each([
    ['timeouts.idle', rest('timeouts: { idle: 11m }'), 'timeouts.total ends the request before it'],
    ['timeouts.firstToken', rest('timeouts: { firstToken: 3s, total: 2s }'), 'can never act'],
    [
      'models.m.timeouts.firstToken',
      `${models(`{ m: { routes: [${route}], timeouts: { firstToken: 2m } } }`)}timeouts: { total: 90s }`,
      'can never act',
    ],
    [
      'models.m.timeouts.connect',
      models(`{ m: { routes: [${route}], timeouts: { connect: 4s, total: 3s } } }`),
      'can never act',
    ],
    [
      'models.m.fallbacksOn.contextWindow',
      models(
        `{ m: { routes: [${route}], contextWindow: 100, fallbacksOn: { contextWindow: n-1 } }, "n-*": { routes: [${route}], contextWindow: 100 } }`,
      ),
      'is not larger',
    ],
    [
      'providers.p.queueTimeout',
      provider('{ type: openai, apiKey: k, queueTimeout: 2s }'),
      'without maxConcurrency',
    ],
  ])('%s', (path, text, sentence) => {
    const warnings = warningsOf(text);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${path}: `);
    expect(warnings[0]).toContain(sentence);
  });

  it.each([
    ['a total below the defaults', rest('timeouts: { total: 5s }')],
    [
      'a total of a model below the timers of all',
      `${models(`{ m: { routes: [${route}], timeouts: { total: 5s } } }`)}timeouts: { idle: 2m }`,
    ],
    [
      'a fallback to a larger model',
      models(
        `{ m: { routes: [${route}], contextWindow: 100, fallbacksOn: { contextWindow: n } }, n: { routes: [${route}], contextWindow: 101 } }`,
      ),
    ],
    ['a bound with its queue', provider('{ type: openai, apiKey: k, maxConcurrency: 1, queueTimeout: 2s }')],
  ])('%s is said nothing about', (_, text) => {
    expect(warningsOf(text)).toEqual([]);
  });
});
