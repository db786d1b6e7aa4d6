/** Where a database is, without user and password: `postgres://host:port/name`. Never throws. */
export function describeDatabaseUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return 'an address that is not a URL';
  const host = parsed.hostname === '' ? (parsed.searchParams.get('host') ?? 'localhost') : parsed.hostname;
  return `${parsed.protocol}//${host}:${parsed.port === '' ? '5432' : parsed.port}${parsed.pathname}`;
}
