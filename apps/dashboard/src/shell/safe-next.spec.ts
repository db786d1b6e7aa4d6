import { expect, it } from 'vitest';
import { safeNext } from './safe-next.js';

const ORIGIN = 'http://127.0.0.1:8090';

it.each(['/requests?range=24h&model=a%26b', '/requests/01a2#x', '/'])('goes back to %s', (path) => {
  expect(safeNext(path, ORIGIN)).toBe(path);
});

it.each([
  null,
  '',
  'requests',
  'https://example.com/',
  '//example.com/',
  '//example.com/requests',
  '/\\example.com/',
  '/\t/example.com/',
  '/.//example.com',
  'javascript:alert(1)',
  '/sign-in?next=/sign-in',
  'http://127.0.0.1:8090/',
])('never follows %j', (next) => {
  expect(safeNext(next, ORIGIN)).toBe('/');
});
