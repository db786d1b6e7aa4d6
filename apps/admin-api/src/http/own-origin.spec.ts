import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { judgeOrigin } from './own-origin.js';

const judge = (origin: string | undefined, host: string | undefined, isTls = false) =>
  judgeOrigin({ headers: { origin, host } } as IncomingMessage, isTls);

describe('judgeOrigin', () => {
  it.each([
    ['http://a.example:8090', 'a.example:8090'],
    ['http://a.example', 'a.example'],
    ['http://a.example', 'a.example:80'],
    ['https://a.example', 'a.example'],
    ['https://a.example', 'a.example:443'],
    ['http://a.example', 'A.Example'],
    ['http://[::1]:8090', '[::1]:8090'],
    ['http://127.0.0.1:8090', '127.0.0.1:8090'],
  ])('%s is the own one of %s', (origin, host) => {
    expect(judge(origin, host)).toBe('own');
  });

  it.each([
    ['http://b.example:8090', 'a.example:8090'],
    ['http://a.example:8091', 'a.example:8090'],
    ['http://a.example', 'a.example:8090'],
    ['https://a.example', 'a.example:80'],
    ['http://a.example.evil.example', 'a.example'],
    ['http://evil.example#a.example', 'a.example'],
    ['http://a.example/', 'a.example'],
    ['http://user@a.example', 'a.example'],
    ['HTTP://a.example', 'a.example'],
    ['chrome-extension://a.example', 'a.example'],
    ['null', 'a.example'],
    ['', 'a.example'],
    ['http://a.example', 'user@a.example/x'],
    ['http://a.example', ''],
    ['http://a.example', undefined],
  ])('%s is another one than %s', (origin, host) => {
    expect(judge(origin, host)).toBe('other');
  });

  it('behind TLS a page without it is another one', () => {
    expect(judge('http://a.example', 'a.example', true)).toBe('other');
    expect(judge('https://a.example', 'a.example', true)).toBe('own');
  });

  it('tells an absent one', () => {
    expect(judge(undefined, 'a.example')).toBe('absent');
  });
});
