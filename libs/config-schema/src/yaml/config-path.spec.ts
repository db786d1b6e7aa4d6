import { describe, expect, it } from 'vitest';
import { fieldName, formatPath, showPath } from './config-path.js';

describe('a path', () => {
  it.each([
    [['models', 'gpt-4o', 'routes', 0, 'provider'], 'models.gpt-4o.routes[0].provider', '"provider"'],
    [['models', 'gpt-4.1', 'fallbacks', 2], 'models["gpt-4.1"].fallbacks[2]', '"fallbacks[2]"'],
    [['keys', 1], 'keys[1]', '"keys[1]"'],
    [['aliases', 'a\nb'], 'aliases["a\\nb"]', '"a\\nb"'],
    [[], '', 'the file'],
  ])('%j is shown as %s', (path, shown, field) => {
    expect(formatPath(path)).toBe(shown);
    expect(fieldName(path)).toBe(field);
  });

  it('shows names that operators choose, and of other keys only what looks like a key', () => {
    const shown = (path: (string | number)[]): string => formatPath(showPath(path));
    expect(shown(['models', 'llama3:8b'])).toBe('models.llama3:8b');
    expect(shown(['providers', 'a1', 'apiKey:sk-1234'])).toBe('providers.a1.apiKey…');
    expect(shown(['providers', 'a1', 'apiKey sk-1234'])).toBe('providers.a1.apiKey…');
    expect(shown(['providers', 'a1', 'sk-1234-5678'])).toBe('providers.a1.sk-…');
    expect(shown(['keys', 0, 'nmae'])).toBe('keys[0].nmae');
  });
});
