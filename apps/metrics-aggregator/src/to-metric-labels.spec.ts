import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toLabel, toMetricLabels } from './to-metric-labels.js';

describe('toMetricLabels', () => {
  it.each(['model_not_found', 'model_not_allowed'] as const)(
    '%s: the name, which anybody may have made up, is no label',
    (errorCode) => {
      const labels = toMetricLabels({ requestedModel: 'claude-made-up', provider: null, errorCode });
      expect(labels).toEqual({ model: '', provider: '' });
    },
  );

  it('the model of any other request is', () => {
    const event = { requestedModel: 'claude-3', provider: 'p', errorCode: 'all_providers_failed' } as const;
    expect(toMetricLabels(event)).toEqual({ model: 'claude-3', provider: 'p' });
  });
});

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
