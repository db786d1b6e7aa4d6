import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applySplices } from './splice.js';

test('only the named bytes change; what is put in may be longer, shorter or empty', () => {
  const bytes = Buffer.from('{"model":"é","n":1}');
  const changed = applySplices(bytes, [
    { start: 1, end: 1, text: '"a":"ü",' },
    { start: 9, end: 13, text: '"longer 👍"' },
    { start: 13, end: 19, text: '' },
  ]);
  expect(changed.toString()).toBe('{"a":"ü","model":"longer 👍"}');
  expect(bytes.toString(), 'the judged bytes stay').toBe('{"model":"é","n":1}');
});

test('no splice gives an equal copy', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (noise) => {
      const bytes = Buffer.from(noise);
      const copy = applySplices(bytes, []);
      expect(copy.equals(bytes)).toBe(true);
    }),
  );
});

test('a splice keeps every byte before and after it, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.uint8Array(),
      fc.uint8Array(),
      fc.string(),
      (before, gone, after, text) => {
        const bytes = Buffer.concat([before, gone, after]);
        const start = before.length;
        const changed = applySplices(bytes, [{ start, end: start + gone.length, text }]);
        expect(changed.equals(Buffer.concat([before, Buffer.from(text), after]))).toBe(true);
      },
    ),
  );
});
