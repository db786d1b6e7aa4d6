import { describe, expect, it } from 'vitest';
import { formatProblems } from './format-problems.js';

describe('mistakes as text', () => {
  it('are one line each, by place, with file, line, column and path', () => {
    const text = formatProblems(
      [
        { path: 'b', line: 10, column: 1, message: 'third' },
        { path: 'a[0]', line: 2, column: 9, message: 'second' },
        { path: '', line: 2, column: 3, message: 'first' },
      ],
      'sluice.yaml',
    );
    expect(text).toBe('sluice.yaml:2:3: first\nsluice.yaml:2:9 a[0]: second\nsluice.yaml:10:1 b: third');
  });
});
