import { describe, expect, it } from 'vitest';
import { configOf, problemsOf, sentencesOf } from '../__fixtures__/load-text.js';
import { compatible, KEY, models, provider, rest, route } from '../__fixtures__/config-texts.js';

describe('an impossible config is refused with its place', () => {
  it.each([
    [
      'weights that are all 0',
      models('{ m: { routes: [{ provider: openai, model: m, weight: 0 }] } }'),
      'models.m.routes',
      'only routes of weight 0',
    ],
    [
      'a negative weight',
      models('{ m: { routes: [{ provider: openai, model: m, weight: -1 }] } }'),
      'models.m.routes[0].weight',
      'a negative number',
    ],
    [
      'a route to nobody',
      models('{ m: { routes: [{ provider: opanai, model: m }] } }'),
      'models.m.routes[0].provider',
      'did you mean "openai"?',
    ],
    ['a model without routes', models('{ m: { routes: [] } }'), 'models.m.routes', 'at least one'],
    [
      'a fault of a status that is no error',
      provider('{ type: openai, apiKey: "sk-provider-0123456789", faults: { 200: client } }'),
      'providers.p.faults.200',
      'a status from 400 to 599',
    ],
    [
      'a fault that nobody knows',
      provider('{ type: openai, apiKey: "sk-provider-0123456789", faults: { 409: clients } }'),
      'providers.p.faults.409',
      'did you mean "client"?',
    ],
    ['no models', models('{}'), 'models', 'must have at least one entry'],
    [
      'a fallback to nobody',
      models(`{ m: { routes: [${route}], fallbacks: [n] } }`),
      'models.m.fallbacks[0]',
      'names no model',
    ],
    [
      'a fallbacksOn to nobody',
      models(`{ m: { routes: [${route}], fallbacksOn: { contextWindow: n } } }`),
      'models.m.fallbacksOn.contextWindow',
      'names no model',
    ],
    [
      'a fallback to itself',
      models(`{ m: { routes: [${route}], fallbacks: [m] } }`),
      'models.m.fallbacks[0]',
      '(m → m)',
    ],
    [
      'a fallback to itself by an alias',
      `${models(`{ m: { routes: [${route}], fallbacks: [a] } }`)}aliases: { a: m }`,
      'models.m.fallbacks[0]',
      '(m → m)',
    ],
    [
      'a loop of fallbacks',
      models(`{ a: { routes: [${route}], fallbacks: [b] }, b: { routes: [${route}], fallbacks: [a] } }`),
      'models.b.fallbacks[0]',
      '(a → b → a)',
    ],
    [
      'an unknown reason to fall back',
      models(`{ m: { routes: [${route}], fallbacksOn: { contextWindows: m } } }`),
      'models.m.fallbacksOn.contextWindows',
      'did you mean "contextWindow"?',
    ],
    [
      'lowest cost without a price',
      models(`{ m: { strategy: lowest-cost, routes: [${route}] } }`),
      'models.m.strategy',
      'no route of this model has a price',
    ],
    ['an alias to nobody', rest('aliases: { a: bgi }'), 'aliases.a', 'did you mean "big"?'],
    ['an alias to itself', rest('aliases: { a: a }'), 'aliases.a', '(a → a)'],
    ['an alias with the name of a model', rest('aliases: { big: small }'), 'aliases.big', 'would hide it'],
    ['a negative duration', rest('timeouts: { total: -1s }'), 'timeouts.total', 'a negative duration'],
    [
      'a timer longer than timers can be',
      rest('timeouts: { total: 30d }'),
      'timeouts.total',
      'a duration that is too long',
    ],
    [
      'a first backoff above the last',
      rest('retry: { initialBackoff: 6s }'),
      'retry.initialBackoff',
      'which is 5s unless set',
    ],
    [
      'a last backoff below the first',
      rest('retry: { maxBackoff: 100ms }'),
      'retry.maxBackoff',
      'which is 200ms unless set',
    ],
    [
      'a breaker open longer than its most',
      rest('circuitBreaker: { openFor: 2m, maxOpenFor: 1m }'),
      'circuitBreaker.openFor',
      'must not be longer than maxOpenFor',
    ],
    [
      'an undeclared team',
      rest(`teams: { core: {} }\nkeys: [{ name: k, key: ${KEY}, team: cor }]`),
      'keys[0].team',
      'did you mean "core"?',
    ],
    [
      'two keys of one name',
      rest(`keys: [{ name: k, key: ${KEY} }, { name: k, key: ${KEY}2 }]`),
      'keys[1].name',
      'the name of another key',
    ],
    [
      'two keys of one value',
      rest(`keys: [{ name: k, key: ${KEY} }, { name: l, key: ${KEY} }]`),
      'keys[1].key',
      'the same as that of key "k"',
    ],
    ['a short key', rest('keys: [{ name: k, key: abc }]'), 'keys[0].key', '24 to 256'],
    ['a key with a blank in it', rest(`keys: [{ name: k, key: "${KEY} x" }]`), 'keys[0].key', '24 to 256'],
    [
      'a key for nothing',
      rest(`keys: [{ name: k, key: ${KEY}, models: [] }]`),
      'keys[0].models',
      'at least one',
    ],
    [
      'a day that is none',
      rest(`keys: [{ name: k, key: ${KEY}, expiresAt: 2027-02-29 }]`),
      'keys[0].expiresAt',
      'no calendar',
    ],
    [
      'a time without a zone',
      rest(`keys: [{ name: k, key: ${KEY}, expiresAt: 2027-02-20T10:00:00 }]`),
      'keys[0].expiresAt',
      'another form',
    ],
    [
      'a free budget',
      rest('teams: { t: { budgets: [{ usd: 0, period: day }] } }'),
      'teams.t.budgets[0].usd',
      'too small',
    ],
    [
      'a proxy that is no address',
      rest('server: { trustedProxies: [10.0.0.0/40] }'),
      'server.trustedProxies[0]',
      'neither',
    ],
    [
      'an origin with a path',
      rest('server: { cors: { origins: ["https://a.example.com/"] } }'),
      'server.cors.origins[0]',
      'no origin',
    ],
    ['a port that is none', rest('server: { port: 65536 }'), 'server.port', 'too large'],
    [
      'a provider name with dots',
      'providers: { a.b: { type: openai, apiKey: k } }\nmodels: { m: { routes: [{ provider: a.b, model: m }] } }',
      'providers["a.b"]',
      'letters, digits',
    ],
    [
      'a kind without an adapter',
      provider('{ type: gemini, apiKey: k }'),
      'providers.p.type',
      '"openai", "openai-compatible"',
    ],
    ['OpenAI without a key', provider('{ type: openai }'), 'providers.p.apiKey', 'is missing'],
    [
      'Anthropic without a key',
      provider('{ type: anthropic }'),
      'providers.p.apiKey',
      '${ANTHROPIC_API_KEY}',
    ],
    [
      'quirks of Anthropic',
      provider('{ type: anthropic, apiKey: k, quirks: { streamOptions: false } }'),
      'providers.p.quirks',
      'only for type "openai-compatible"',
    ],
    [
      "Anthropic's credential as a header",
      provider('{ type: anthropic, apiKey: k, headers: { X-Api-Key: other } }'),
      'providers.p.headers.X-Api-Key',
      'use "apiKey"',
    ],
    ['a look-alike without an address', compatible('apiKey: k'), 'providers.p.baseUrl', 'is missing'],
    [
      'quirks of OpenAI itself',
      provider('{ type: openai, apiKey: k, quirks: { streamOptions: false } }'),
      'providers.p.quirks',
      'only for type',
    ],
    [
      'http to the world',
      compatible('baseUrl: "http://llm.example.com"'),
      'providers.p.baseUrl',
      'must begin with https',
    ],
    [
      'a private address unasked',
      compatible('baseUrl: "https://192.168.1.5/v1"'),
      'providers.p.baseUrl',
      'private network',
    ],
    [
      'loopback in disguise',
      compatible('baseUrl: "https://0x7f.1/v1"'),
      'providers.p.baseUrl',
      'private network',
    ],
    [
      'loopback of IPv6 in disguise',
      compatible('baseUrl: "https://[::ffff:127.0.0.1]/v1"'),
      'providers.p.baseUrl',
      'private network',
    ],
    [
      'an address of another kind',
      compatible('baseUrl: "ftp://llm.example.com"'),
      'providers.p.baseUrl',
      'must be an https address',
    ],
    [
      'no address at all',
      compatible('baseUrl: llm.example.com'),
      'providers.p.baseUrl',
      'must be an https address',
    ],
    [
      'a password in an address',
      compatible('baseUrl: "https://u:pw@llm.example.com"'),
      'providers.p.baseUrl',
      'user or password',
    ],
    [
      'a credential in the query of an address',
      compatible('baseUrl: "https://llm.example.com/v1?api-key=x"'),
      'providers.p.baseUrl',
      'credential in its query',
    ],
    [
      'a fragment in an address',
      compatible('baseUrl: "https://llm.example.com/v1#x"'),
      'providers.p.baseUrl',
      'fragment',
    ],
    [
      'a header of the connection',
      compatible('baseUrl: "https://a.example.com", headers: { Transfer-Encoding: x }'),
      'providers.p.headers.Transfer-Encoding',
      'sets itself',
    ],
    [
      'a header with the credential',
      compatible('baseUrl: "https://a.example.com", headers: { Authorization: x }'),
      'providers.p.headers.Authorization',
      'use "apiKey"',
    ],
    [
      'a header with a blank in its name',
      compatible('baseUrl: "https://a.example.com", headers: { "x y": x }'),
      'providers.p.headers.x…',
      'header name',
    ],
    [
      'a header that splits',
      compatible('baseUrl: "https://a.example.com", headers: { x: "a\\r\\nb: c" }'),
      'providers.p.headers.x',
      'printable ASCII',
    ],
    [
      'one header twice',
      compatible('baseUrl: "https://a.example.com", headers: { X-A: a, x-a: b }'),
      'providers.p.headers.x-a',
      'here twice',
    ],
  ])('%s', (_, text, path, sentence) => {
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]!.message).toContain(sentence);
    expect(problems[0]!.line).toBeGreaterThan(0);
  });
});

describe('a possible config is not refused', () => {
  it.each([
    ['two routes to one provider', models(`{ m: { routes: [${route}, ${route}] } }`)],
    [
      'one weight of 0 among others',
      models(`{ m: { routes: [${route}, { provider: openai, model: n, weight: 0 }] } }`),
    ],
    [
      'fallbacks that meet again',
      models(
        `{ a: { routes: [${route}], fallbacks: [b, c] }, b: { routes: [${route}], fallbacks: [c] }, c: { routes: [${route}] } }`,
      ),
    ],
    [
      'lowest cost with a price in the list',
      `${models(`{ m: { strategy: lowest-cost, routes: [${route}] } }`)}prices: { m: { input: 1, output: 1 } }`,
    ],
    [
      'the default team beside declared ones',
      rest(`teams: { core: {} }\nkeys: [{ name: k, key: ${KEY}, team: default }]`),
    ],
    ['any team where none is declared', rest(`keys: [{ name: k, key: ${KEY}, team: made-elsewhere }]`)],
    [
      'a server of the own network',
      compatible('baseUrl: "http://127.0.0.1:11434/v1", allowPrivateNetwork: true'),
    ],
    [
      'OpenAI by another address without a key',
      provider('{ type: openai, baseUrl: "https://proxy.example.com/v1" }'),
    ],
    [
      'model names of many kinds',
      models(
        `{ "llama3:8b": { routes: [${route}] }, meta/llama: { routes: [${route}] }, gpt-4.1: { routes: [${route}] } }`,
      ),
    ],
    ['a zero that means off', models(`{ m: { routes: [${route}], cache: { ttl: 0s } } }`)],
  ])('%s', (_, text) => {
    expect(configOf(text).models.size).toBeGreaterThan(0);
  });
});

describe('one mistake hides no other', () => {
  it('a provider with a mistake of its own is still known to routes', () => {
    expect(
      sentencesOf(
        provider('{ type: openai, apiKey: k, sendAttemptID: true }').replace(
          'openai, model: s',
          'p, model: s',
        ),
      ),
    ).toEqual([
      'providers.p.sendAttemptID: "sendAttemptID" is an unknown key; did you mean "sendAttemptId"?',
    ]);
  });

  it('two loops are two mistakes', () => {
    const loops = sentencesOf(rest('aliases: { a: b, b: a, c: d, d: c }'));
    expect(loops).toHaveLength(2);
  });

  it('keys with the same reference are the same, resolved or not', () => {
    const text = rest('keys: [{ name: k, key: "${K}" }, { name: l, key: "${K}" }]');
    expect(sentencesOf(text, { env: { K: KEY } })).toEqual(sentencesOf(text, { resolveSecrets: false }));
  });

  it('a chain of thousands of fallbacks is followed to its loop', () => {
    const count = 3_000;
    const chain = Array.from(
      { length: count },
      (_, index) => `m${index}: { routes: [${route}], fallbacks: [m${(index + 1) % count}] }`,
    );
    expect(problemsOf(models(`{ ${chain.join(', ')} }`)).map(({ path }) => path)).toEqual([
      `models.m${count - 1}.fallbacks[0]`,
    ]);
  });
});
