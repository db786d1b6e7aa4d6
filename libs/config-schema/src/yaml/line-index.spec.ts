import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexLines } from './line-index.js';

describe('the place of an offset', () => {
  it('is the line and column that counting gives', () => {
    const text = fc
      .array(fc.constantFrom('a', '\n', '\r\n'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(20), (written, offset) => {
        const before = written.slice(0, offset).split('\n');
        expect(indexLines(written)(offset)).toEqual({
          line: before.length,
          column: before.at(-1)!.length + 1,
        });
      }),
    );
  });
});
