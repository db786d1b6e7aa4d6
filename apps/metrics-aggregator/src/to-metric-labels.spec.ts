import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toLabel } from './to-metric-labels.js';

describe('toLabel', () => {
  it('whatever a client sends becomes text that an index of Postgres takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const label = toLabel(text);
        expect(label.isWellFormed()).toBe(true);
        expect(label).not.toContain('\0');
        expect(Buffer.byteLength(label)).toBeLessThanOrEqual(128 * 3);
      }),
    );
  });

  it('an ordinary name stays as it is', () => {
    expect(toLabel('gpt-4o-2024-11-20')).toBe('gpt-4o-2024-11-20');
  });
});
