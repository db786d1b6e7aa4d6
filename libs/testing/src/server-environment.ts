/** What a private test server may see of our environment: where binaries and the cache are, no URLs of real servers. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
