import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonProblem, type JsonProblemKind } from './json-problem.js';
import { type JsonScanRules, REQUEST_RULES, RESPONSE_RULES, scanJson, WantedKeys } from './scan-json.js';

const NAMES = ['model', 'stream', 'user'];
const WANTED = new WantedKeys(NAMES);

/** The wanted values of a text that passes, by name. */
function scan(text: string | Buffer, rules: JsonScanRules = REQUEST_RULES): Record<string, unknown> {
  const bytes = Buffer.from(text);
  const spans = scanJson(bytes, WANTED, rules);
  const found = NAMES.map((name, index) => {
    const value = spans.has(index) ? bytes.toString('utf8', spans.start(index), spans.end(index)) : null;
    return [name, value === null ? undefined : (JSON.parse(value) as unknown)] as const;
  });
  return Object.fromEntries(found);
}

/** The kind of problem that a text is refused for, null when it passes. */
function problemOf(text: string | Buffer, rules: JsonScanRules = REQUEST_RULES): JsonProblemKind | null {
  try {
    scan(text, rules);
    return null;
  } catch (error) {
    if (error instanceof JsonProblem) return error.kind;
    throw error;
  }
}

const nest = (depth: number, [open, close]: readonly [string, string]): string =>
  `{"a":${open.repeat(depth - 1)}1${close.repeat(depth - 1)}}`;

describe('a text that is not strict JSON is refused, and the reason named', () => {
  test.each<[string, string | Buffer, JsonProblemKind]>([
    ['nothing', '', 'syntax'],
    ['blanks', '  \n', 'syntax'],
    ['a list as root', '[{"model":"m"}]', 'syntax'],
    ['a text as root', '"model"', 'syntax'],
    ['a byte order mark', '\uFEFF{}', 'syntax'],
    ['two documents', '{}{}', 'syntax'],
    ['text after the end', '{} x', 'syntax'],
    ['a comma before the brace', '{"a":1,}', 'syntax'],
    ['a comma before the bracket', '{"a":[1,]}', 'syntax'],
    ['two commas', '{"a":1,,"b":2}', 'syntax'],
    ['no comma', '{"a":1 "b":2}', 'syntax'],
    ['no colon', '{"a" 1}', 'syntax'],
    ['no value', '{"a":}', 'syntax'],
    ['a key without quotes', '{a:1}', 'syntax'],
    ['single quotes', "{'a':1}", 'syntax'],
    ['a comment', '{"a":1/* b */}', 'syntax'],
    ['an open object', '{"a":1', 'syntax'],
    ['an open list', '{"a":[1', 'syntax'],
    ['an open text', '{"a":"b', 'syntax'],
    ['an open escape', '{"a":"b\\', 'syntax'],
    ['brackets that cross', '{"a":[1}]', 'syntax'],
    ['NaN', '{"a":NaN}', 'syntax'],
    ['Infinity', '{"a":-Infinity}', 'syntax'],
    ['a hexadecimal number', '{"a":0x1}', 'syntax'],
    ['a leading zero', '{"a":01}', 'syntax'],
    ['a plus sign', '{"a":+1}', 'syntax'],
    ['a bare minus', '{"a":-}', 'syntax'],
    ['a bare point', '{"a":1.}', 'syntax'],
    ['a leading point', '{"a":.5}', 'syntax'],
    ['a bare exponent', '{"a":1e}', 'syntax'],
    ['half a word', '{"a":tru}', 'syntax'],
    ['a word in capitals', '{"a":True}', 'syntax'],
    ['a line feed in a text', '{"a":"b\nc"}', 'syntax'],
    ['a NUL in a text', '{"a":"b\0c"}', 'syntax'],
    ['a no-break space between tokens', '{\u00a0"a":1}', 'syntax'],
    ['an unknown escape', '{"a":"\\x41"}', 'syntax'],
    ['a short \\u escape', '{"a":"\\u12g4"}', 'syntax'],
    ['a stray continuation byte', Buffer.from('7b2261223a2280227d', 'hex'), 'utf8'],
    ['an overlong slash', Buffer.from('7b2261223a22c0af227d', 'hex'), 'utf8'],
    ['a surrogate in UTF-8', Buffer.from('7b2261223a22eda080227d', 'hex'), 'utf8'],
    ['a character cut off', Buffer.from('7b2261223a22e282227d', 'hex'), 'utf8'],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'syntax'],
    ['objects 65 deep', nest(65, ['{"a":', '}']), 'depth'],
    ['lists 65 deep', nest(65, ['[', ']']), 'depth'],
    ['lists 100,000 deep and never closed', `{"a":${'['.repeat(100_000)}`, 'depth'],
    ['a key twice', '{"a":1,"a":1}', 'duplicate'],
    ['a key twice, once with an escape', '{"b":{"a":1,"\\u0061":2}}', 'duplicate'],
    ['a key twice, far below', '{"b":[{"c":{"a":1,"a":2}}]}', 'duplicate'],
    ['the model twice', '{"model":"a","model":"b"}', 'duplicate'],
    ['an empty key twice', '{"b":{"":1,"":2}}', 'duplicate'],
    ['__proto__', '{"__proto__":{}}', 'proto'],
    ['__proto__ far below', '{"a":[{"__proto__":1}]}', 'proto'],
    ['__proto__ with an escape', '{"a":{"\\u005f_proto__":1}}', 'proto'],
    ['a wanted key in other case', '{"Model":"a"}', 'disguised'],
    ['a wanted key with an escape', '{"mode\\u006c":"a"}', 'disguised'],
    ['any top-level key with an escape', '{"\\u0061":1}', 'disguised'],
    ['a top-level key with a look-alike letter', '{"m\u043edel":"a"}', 'disguised'],
    ['a Kelvin sign', '{"\u212aey":1}', 'disguised'],
  ])('%s', (_name, text, kind) => {
    expect(problemOf(text)).toBe(kind);
  });

  test('a problem says where it is', () => {
    const text = '{"a":"é","b":x}';
    const offset = Buffer.from(text).indexOf('x');
    expect(() => scan(text)).toThrow(`(at byte ${offset})`);
    expect(() => scan(Buffer.concat([Buffer.from('{"aé":"'), Buffer.from([0xff])]))).toThrow('(at byte 8)');
  });

  test('an object of many keys is searched for duplicates without a limit on its size', () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `"k${index}":0`).join(',');
    expect(problemOf(`{"a":{${keys}}}`)).toBe(null);
    expect(problemOf(`{"a":{${keys},"k4711":1}}`)).toBe('duplicate');
    expect(problemOf(`{"a":{"k4711":1,${keys}}}`)).toBe('duplicate');
  });

  test('more than 100,000 keys are refused, however they are spread', () => {
    const objects = (count: number): string => `{"a":[${Array(count).fill('{"b":1}').join(',')}]}`;
    expect(problemOf(objects(99_999))).toBe(null);
    expect(problemOf(objects(100_001))).toBe('keys');
  });

  test('a scan that failed leaves nothing behind for the next one', () => {
    expect(problemOf('{"a":{"b":{"c":1,"c"')).toBe('duplicate');
    expect(scan('{"a":1,"b":2,"c":3,"model":"m"}')).toEqual({ model: 'm' });
  });
});

describe('strict JSON passes, and the wanted values are found', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['an empty object', '{}', {}],
    ['blanks everywhere', ' \r\n\t{ "model" : "m" , "stream" : true } \n', { model: 'm', stream: true }],
    ['a wanted name below the top', '{"a":{"model":1},"model":"m"}', { model: 'm' }],
    ['a wanted name as a value', '{"a":"model","model":"m"}', { model: 'm' }],
    ['containers as values', '{"model":{"a":[1,{}]},"user":[]}', { model: { a: [1, {}] }, user: [] }],
    ['escapes in values', '{"model":"\\u006d\\n\\"}"}', { model: 'm\n"}' }],
    ['all escapes', '{"model":"\\"\\\\\\/\\b\\f\\n\\r\\t\\uD83D\\uDC4D"}', { model: '"\\/\b\f\n\r\t👍' }],
    ['numbers', '{"model":-0.5e+3,"stream":1E-2,"user":0}', { model: -500, stream: 0.01, user: 0 }],
    ['the same key in two objects', '{"a":{"b":1},"c":{"b":1}}', {}],
    ['other keys in other letters', '{"Models":1,"MODE":2}', {}],
    ['64 levels', nest(64, ['[', ']']), {}],
    ['a byte that looks like a quote in a character', '{"model":"∢"}', { model: '∢' }],
  ])('%s', (_name, text, found) => {
    expect(scan(text)).toEqual(found);
  });

  test("a provider's answer may repeat keys and be 512 levels deep", () => {
    expect(problemOf('{"a":1,"a":2,"__proto__":3,"Model":4,"\\u0061":5}', RESPONSE_RULES)).toBe(null);
    expect(problemOf(nest(512, ['[', ']']), RESPONSE_RULES)).toBe(null);
    expect(problemOf(nest(513, ['[', ']']), RESPONSE_RULES)).toBe('depth');
  });
});

/** Texts close to JSON: a document, then a few characters changed. */
const nearlyJson = fc
  .tuple(
    fc.dictionary(
      fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 4 })),
      fc.jsonValue({ maxDepth: 3 }),
    ),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', '-', ' ', 'e', 'é', '\n'),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([document, edits]) => {
    let text = JSON.stringify(document);
    for (const [place, character] of edits) {
      const at = place % text.length;
      text = text.slice(0, at) + character + text.slice(at + (place % 2));
    }
    return text;
  });

describe('the scanner and JSON.parse agree', () => {
  test('what a scan accepts, JSON.parse accepts with equal top-level values', () => {
    fc.assert(
      fc.property(nearlyJson, fc.constantFrom(REQUEST_RULES, RESPONSE_RULES), (text, rules) => {
        if (problemOf(text, rules) !== null) return;
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const own = (name: string): unknown => (Object.hasOwn(parsed, name) ? parsed[name] : undefined);
        expect(scan(text, rules)).toEqual(Object.fromEntries(NAMES.map((name) => [name, own(name)])));
      }),
      { numRuns: 5_000 },
    );
  });

  test("an object that JSON.parse accepts, a scan by a response's rules accepts", () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          parsed = null;
        }
        const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
        expect(problemOf(text, RESPONSE_RULES) === null).toBe(isObject);
      }),
      { numRuns: 5_000 },
    );
  });

  test('bytes that are not UTF-8 are refused wherever they stand', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (noise) => {
        const bytes = Buffer.concat([Buffer.from('{"a":"'), noise, Buffer.from('"}')]);
        const isUtf8 = Buffer.from(bytes.toString('utf8')).equals(bytes);
        if (!isUtf8) expect(problemOf(bytes)).toBe('utf8');
        else expect(problemOf(bytes)).not.toBe('utf8');
      }),
      { numRuns: 2_000 },
    );
  });

  test('one key too many, at any place and written in any way, is found', () => {
    const key = fc
      .string({ minLength: 1, maxLength: 6, unit: 'binary' })
      .filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 40 }), fc.nat(), (keys, pick) => {
        const twice = keys[pick % keys.length] ?? '';
        const units = Array.from({ length: twice.length }, (_, index) => twice.charCodeAt(index));
        const escaped = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
        const members = keys.map((name) => `${JSON.stringify(name)}:0`);
        expect(problemOf(`{"a":{${members.join(',')}}}`)).toBe(null);
        members.splice(pick % (members.length + 1), 0, `"${escaped}":1`);
        expect(problemOf(`{"a":{${members.join(',')}}}`)).toBe('duplicate');
      }),
      { numRuns: 500 },
    );
  });
});
