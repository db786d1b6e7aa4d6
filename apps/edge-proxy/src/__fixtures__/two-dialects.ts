/** Two servers, each as a provider of both dialects: `m-chat` and `m-messages` go to the first, then to the second. */
export function overTwoDialects(first: { readonly baseUrl: string }, second: { readonly baseUrl: string }): object {
  const provider = (type: string, baseUrl: string): object => ({
    type,
    baseUrl,
    apiKey: 'provider-secret-0123456789',
    allowPrivateNetwork: true,
  });
  const routes = (...names: string[]): object => ({
    routes: names.map((name) => ({ provider: name, model: 'upstream' })),
  });
  return {
    providers: {
      c1: provider('openai-compatible', first.baseUrl),
      c2: provider('openai-compatible', second.baseUrl),
      a1: provider('anthropic', first.baseUrl),
      a2: provider('anthropic', second.baseUrl),
    },
    models: { 'm-chat': routes('c1', 'c2'), 'm-messages': routes('a1', 'a2') },
  };
}
