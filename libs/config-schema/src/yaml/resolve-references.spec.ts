import { describe, expect, it } from 'vitest';
import type { ReferencedText } from './plain-value.js';
import { type ReferenceSources, resolveReferences } from './resolve-references.js';

const SOURCES: ReferenceSources = {
  env: { A: 'one', EMPTY: '', LOOP: '${A}', DIR: '/run' },
  readFile: (path) => {
    if (path === '/run/secret') return 'from-file\r\n\n';
    if (path === '/run/large') return 'x'.repeat(70_000);
    throw Object.assign(new Error(`content of ${path}: s3cret`), { code: 'EACCES' });
  },
};

function textOf(text: string): string {
  const resolved = resolveReferences(text, SOURCES);
  if (!resolved.ok) throw new Error(resolved.messages.join('; '));
  return (resolved.value as ReferencedText).text;
}

function messagesOf(text: string): readonly string[] {
  const resolved = resolveReferences(text, SOURCES);
  return resolved.ok ? [] : resolved.messages;
}

describe('references', () => {
  it.each([
    ['${A}', 'one'],
    ['x-${A}-${A}', 'x-one-one'],
    ['${NONE:-other}', 'other'],
    ['${EMPTY:-other}', 'other'],
    ['${NONE:-}', ''],
    ['${NONE:-a:-b}', 'a:-b'],
    ['$${A}', '${A}'],
    ['${LOOP}', '${A}'],
    ['file:/run/secret', 'from-file'],
    ['file:${DIR}/secret', 'from-file'],
  ])('%s is %s', (text, expected) => {
    expect(textOf(text)).toBe(expected);
  });

  it.each([
    ['${NONE}', 'NONE, which is not set'],
    ['${EMPTY}', 'EMPTY, which is set but empty'],
    ['${constructor}', 'constructor, which is not set'],
    ['${A', 'no reference'],
    ['${}', 'no reference'],
    ['${not a name}', 'no reference'],
    ['file:relative/path', 'absolute path'],
    ['file:/run/other', '"/run/other", which cannot be read (EACCES)'],
    ['file:/run/large', 'larger than 64 KiB'],
  ])('%s is refused with a way out', (text, part) => {
    const [message] = messagesOf(text);
    expect(message).toContain(part);
    expect(message).not.toContain('s3cret');
  });
});
