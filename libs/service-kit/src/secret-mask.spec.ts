import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretMask } from './secret-mask.js';

const maskOf = (...secrets: string[]): SecretMask => {
  const mask = new SecretMask();
  for (const secret of secrets) mask.register(secret);
  return mask;
};

describe('SecretMask', () => {
  it('a registered secret is replaced wherever it stands, several times in one text', () => {
    const mask = maskOf('sk-provider-123456');
    expect(mask.mask('a sk-provider-123456 b sk-provider-123456')).toBe('a [masked] b [masked]');
  });

  it('a text without a secret comes back as it was', () => {
    expect(maskOf('sk-provider-123456').mask('nothing to see in sk-provider-12345')).toBe(
      'nothing to see in sk-provider-12345',
    );
  });

  it('values under 8 characters are not masked', () => {
    expect(maskOf('secret7').mask('secret7')).toBe('secret7');
    expect(maskOf('secret-8').mask('secret-8')).toBe('[masked]');
  });

  it('a secret with quotes and line breaks is found inside JSON, and inside JSON inside JSON', () => {
    const secret = 'line "one"\nline \\two';
    const mask = maskOf(secret);
    expect(mask.mask(JSON.stringify({ secret }))).toBe('{"secret":"[masked]"}');
    expect(mask.mask(JSON.stringify({ body: JSON.stringify({ secret }) }))).not.toContain('two');
  });

  it('a secret is found in a URL, as query value and as password', () => {
    const secret = 'p@ss/w$rd +%é';
    const mask = maskOf(secret);
    const url = new URL('http://user@host/');
    url.password = secret;
    url.searchParams.set('key', secret);
    expect(mask.mask(url.href)).toBe('http://user:[masked]@host/?key=[masked]');
    expect(mask.mask(`x=${encodeURIComponent(secret)}`)).toBe('x=[masked]');
  });

  it('a secret is found in base64, also after other bytes as in basic authentication', () => {
    const secret = 'swordfish-2026';
    const mask = maskOf(secret);
    for (const user of ['', 'a:', 'ab:', 'abc:', 'abcd:']) {
      const header = Buffer.from(`${user}${secret}`).toString('base64');
      expect(mask.mask(`Basic ${header}`)).toContain('[masked]');
    }
    expect(mask.mask(Buffer.from(secret).toString('base64url'))).toMatch(/^\[masked\].{0,2}$/);
  });

  it('of a secret inside another secret the longer one is hidden whole', () => {
    const mask = maskOf('sk-short1', 'sk-short1-and-the-rest');
    expect(mask.mask('x sk-short1-and-the-rest y sk-short1 z')).toBe('x [masked] y [masked] z');
  });

  it('of two secrets that overlap in a text nothing stays visible', () => {
    const mask = maskOf('abcdefgh', 'efghijklmnop');
    expect(mask.mask('-abcdefghijklmnop-')).toBe('-[masked]-');
  });

  it('whatever the secrets and the text around them, no secret is left', () => {
    const secrets = fc.array(fc.string({ minLength: 8, maxLength: 24, unit: 'grapheme-ascii' }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(secrets, fc.array(fc.string({ maxLength: 12 })), (values, between) => {
        const mask = maskOf(...values);
        const text = values.map((value, index) => `${between[index] ?? ''}${value}`).join('');
        const masked = mask.mask(text);
        // A value that is part of the mask's own text can come back by it; no real secret is.
        return values.every((value) => !masked.replaceAll('[masked]', '\u0000').includes(value));
      }),
      { numRuns: 500 },
    );
  });
});
