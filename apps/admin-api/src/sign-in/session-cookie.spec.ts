import { describe, expect, it } from 'vitest';
import { readSessionToken, toClearedCookie, toSetCookie } from './session-cookie.js';

const TOKEN = 'abcDEF_-0123456789abcdefghijklmnopqrstuvwxy';

describe('the session cookie', () => {
  it('is read among others, wherever it stands', () => {
    for (const header of [
      `sluice_session=${TOKEN}`,
      `a=b; sluice_session=${TOKEN}; c=d`,
      `a=b;sluice_session=${TOKEN}`,
    ]) {
      expect(readSessionToken(header)).toBe(TOKEN);
    }
  });

  it.each([
    [undefined],
    [''],
    ['a=b'],
    [`xsluice_session=${TOKEN}`],
    [`sluice_session=${TOKEN}x`],
    [`sluice_session="${TOKEN}"`],
    [`sluice_session=${TOKEN}; sluice_session=${TOKEN}`],
    [`a="; sluice_session=x; sluice_session=${TOKEN}`],
  ])('%j has none that counts', (header) => {
    expect(readSessionToken(header)).toBeUndefined();
  });

  it('no script reads it, no other site sends it, and behind TLS it goes over TLS only', () => {
    expect(toSetCookie('t', false)).toBe('sluice_session=t; Path=/; HttpOnly; SameSite=Strict');
    expect(toSetCookie('t', true)).toBe('sluice_session=t; Path=/; HttpOnly; SameSite=Strict; Secure');
    expect(toClearedCookie(true)).toBe(
      'sluice_session=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0',
    );
  });
});
