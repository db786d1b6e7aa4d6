/** Where to go after sign-in: a path of this app, whatever the address bar claims. Never throws. */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith('/')) return '/';
  try {
    const url = new URL(next, origin);
    const isOurs = url.origin === origin && !url.pathname.startsWith('//');
    return isOurs && !url.pathname.startsWith('/sign-in') ? url.pathname + url.search + url.hash : '/';
  } catch {
    return '/';
  }
}
