import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { load, SMALLEST } from './__fixtures__/load-text.js';

const KEYS = [
  'server',
  'providers',
  'models',
  'aliases',
  'keys',
  'routes',
  'provider',
  'type',
  'apiKey',
  'name',
  'key',
  'fallbacks',
  'timeouts',
  'idle',
  'weight',
  '__proto__',
  'constructor',
  '<<',
];
const VALUES = [
  'openai',
  'a',
  '5s',
  '-1s',
  '${X}',
  '${',
  '$${',
  'file:/x',
  'file:',
  '',
  '*',
  'on',
  '2027-01-01',
];

const leafValue = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leafValue,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('tree'), { maxKeys: 6 }),
  ),
}));
const yamlish = fc
  .array(
    fc.constantFrom(
      ...KEYS,
      ...VALUES,
      ': ',
      ':',
      '- ',
      '{ ',
      ' }',
      '[',
      ']',
      ', ',
      '\n',
      '\n  ',
      '\n    ',
      '\t',
      '\r\n',
      '&a ',
      '*a',
      '!!str ',
      '!x ',
      '"',
      "'",
      '|\n',
      '>\n',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '? ',
      '#',
      '\ufeff',
      '\u0000',
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** Every place of every mistake is a line and a column that the text has. */
function expectPlacesInside(text: string): void {
  const result = load(text);
  const lines = text.split('\n');
  for (const { line, column, message } of result.ok ? result.warnings : result.problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
    expect(message).not.toBe('');
  }
  if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
}

describe('any text at all', () => {
  it('gives a config or mistakes with places inside the text, and never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectPlacesInside), {
      numRuns: 500,
    });
  });

  it('made of pieces of YAML gives the same', () => {
    fc.assert(fc.property(yamlish, expectPlacesInside), { numRuns: 1_500 });
  });

  it('that is correct YAML of any shape gives the same', () => {
    fc.assert(
      fc.property(tree, (value) => expectPlacesInside(stringify(value, { aliasDuplicateObjects: false }))),
      { numRuns: 800 },
    );
  });

  it('that is a right file cut anywhere gives the same', () => {
    fc.assert(
      fc.property(fc.nat(SMALLEST.length), (end) => expectPlacesInside(SMALLEST.slice(0, end))),
      { numRuns: 150 },
    );
  });
});

describe('a slip of the pen', () => {
  const SECRETS = [
    'sk-proj-0123456789-abcdefghijkl',
    'header-0123456789-abcdefghijk',
    'key_0123456789_abcdefghijkl',
  ];
  const text = `providers:
  a: { type: openai-compatible, baseUrl: "https://a.example.com", apiKey: ${SECRETS[0]!}, headers: { api-key: ${SECRETS[1]!} } }
  b:
    type: openai
    apiKey: ${SECRETS[0]!}
models: { m: { routes: [{ provider: a, model: m }] } }
keys:
  - { name: k, key: ${SECRETS[2]!}, team: t }
  - name: l
    key: "${SECRETS[2]!}"
`;
  const typed = fc.constantFrom(
    '',
    ' ',
    ':',
    ',',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&',
    '*',
    '!',
    '|',
    '>',
    '#',
    '\n',
    '\t',
    '- ',
    '? ',
    '$',
    '${',
    '%',
    '@',
  );
  const slip = fc.record({ at: fc.nat(text.length), remove: fc.nat(2), typed });

  it('never puts a secret into a message', () => {
    fc.assert(
      fc.property(fc.array(slip, { minLength: 1, maxLength: 2 }), (slips) => {
        const wrong = slips.reduce(
          (before, { at, remove, typed: added }) => before.slice(0, at) + added + before.slice(at + remove),
          text,
        );
        const result = load(wrong);
        const said = JSON.stringify(result.ok ? result.warnings : result.problems);
        for (const secret of SECRETS) expect(said).not.toContain(secret.slice(6, 24));
      }),
      { numRuns: 4_000 },
    );
  });
});
