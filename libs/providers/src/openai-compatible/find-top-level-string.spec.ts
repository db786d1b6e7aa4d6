import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findTopLevelString } from './find-top-level-string.js';

/** The value of the top-level key "model" as it is written, null when it is none. */
function find(text: string): string | null {
  const span = findTopLevelString(text, 'model', { start: 0, end: text.length });
  return span === null ? null : text.slice(span.start, span.end);
}

describe('the string value of a top-level key is found without parsing', () => {
  test.each<[string, string, string | null]>([
    ['first', 'data: {"model":"m","a":{}}', '"m"'],
    ['after nested values', 'data: {"choices":[{"model":"no"}],"x":{"model":"no"},"model":"m"}', '"m"'],
    ['blanks around the colon', 'data: {"model" : "m"}', '"m"'],
    ['escapes inside', 'data: {"model":"a\\"b\\\\"}', '"a\\"b\\\\"'],
    ['its name as a value before it', 'data: {"a":"model","model":"m"}', '"m"'],
    ['its name in a text before it', 'data: {"a":"\\"model\\":\\"no\\"","model":"m"}', '"m"'],
    ['brackets in a text before it', 'data: {"a":"}{]","model":"m"}', '"m"'],
    ['a key that ends like it', 'data: {"sub\\"model":"no","model":"m"}', '"m"'],
    ['only nested', 'data: {"choices":[{"model":"no"}]}', null],
    ['null', 'data: {"model":null}', null],
    ['a number', 'data: {"model":1}', null],
    ['absent', 'data: {"a":1}', null],
    ['no object', 'data: [DONE]', null],
    ['cut off in the value', 'data: {"model":"m', null],
    ['cut off before the colon', 'data: {"model"', null],
  ])('%s', (_name, text, value) => {
    expect(find(text)).toBe(value);
  });

  test('the search keeps to its event', () => {
    const text = 'data: {"a":1}\n\ndata: {"model":"m"}\n\n';
    expect(findTopLevelString(text, 'model', { start: 0, end: 15 })).toBe(null);
    expect(findTopLevelString(text, 'model', { start: 15, end: text.length })).toEqual({
      start: 30,
      end: 33,
    });
  });

  test('it finds what JSON.parse finds in any document', () => {
    const name = fc.oneof(fc.constant('model'), fc.string({ maxLength: 8 }));
    const text = fc.oneof(fc.constantFrom('model', '"model":"x"', '{"model":"x"}', '\\'), fc.string());
    const document = fc.dictionary(name, fc.oneof(text, fc.jsonValue(), fc.dictionary(name, text)));
    fc.assert(
      fc.property(document, (value) => {
        const wanted = Object.hasOwn(value, 'model') ? value['model'] : undefined;
        const found = find(`data: ${JSON.stringify(value)}`);
        expect(found === null ? undefined : JSON.parse(found)).toBe(
          typeof wanted === 'string' ? wanted : undefined,
        );
      }),
      { numRuns: 3_000 },
    );
  });
});
