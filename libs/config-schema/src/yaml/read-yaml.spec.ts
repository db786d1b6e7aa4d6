import { describe, expect, it } from 'vitest';
import { configOf, problemsOf, sentencesOf, SMALLEST } from '../__fixtures__/load-text.js';

describe('YAML traps', () => {
  it.each([
    ['an empty file', '', 'the file is empty'],
    ['only comments', '# nothing\n', 'the file is empty'],
    ['a list at the top', '- a\n', 'the file must be a map of sections'],
    ['text at the top', 'providers', 'the file must be a map of sections'],
    ['a tab for indentation', 'providers:\n\topenai: {}', 'a tab cannot indent'],
    ['a second document', `${SMALLEST}---\nmodels: {}\n`, 'more than one document'],
    ['an unclosed quote', 'providers: "', 'a character is missing'],
    ['a key that is a list', `${SMALLEST}? [a]\n: b\n`, 'a key must be text'],
    ['an unknown tag', `${SMALLEST}server: !env {}\n`, 'this tag (!name) is not understood'],
    ['nesting without end', '['.repeat(100_000), 'nested too deeply'],
    ['a key of nothing', `${SMALLEST}"": 1`, 'is a key without a name'],
    ['a merge key', `${SMALLEST}<<: { server: {} }`, 'is a merge key'],
    [
      'a key that changes prototypes',
      `${SMALLEST}teams: { __proto__: {} }`,
      'a meaning of its own in JavaScript',
    ],
    ['a file that is no config', ' '.repeat(4 * 1024 * 1024 + 1), 'larger than 4 MiB'],
  ])('%s is named', (_, text, sentence) => {
    expect(sentencesOf(text).join('\n')).toContain(sentence);
  });

  it('a key twice in a map is named at its second place, beside the other mistakes', () => {
    const problems = problemsOf(`${SMALLEST}server:\n  port: 1\n  port: 2\n  hots: x\n`);
    expect(problems.map(({ path, line, message }) => [path, line, message])).toEqual([
      ['server.port', 5, '"port" is in this map twice: remove or rename one of them'],
      ['server.hots', 6, '"hots" is an unknown key; did you mean "host"?'],
    ]);
  });

  it('an alias bomb is refused before it grows', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const pair of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh']) {
      const [from, to] = [pair.charAt(0), pair.charAt(1)];
      levels.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`);
    }
    const bomb = sentencesOf(levels.join('\n')).filter((sentence) => sentence.includes('one alias too many'));
    expect(bomb).toHaveLength(1);
  });

  it('a few aliases of something large are refused as well', () => {
    const large = `teams: &t [${Array(3_000).fill('x').join(', ')}]\n`;
    const text = `${SMALLEST}${large}keys: [${Array(9).fill('*t').join(', ')}]`;
    expect(sentencesOf(text).filter((sentence) => sentence.includes('one alias too many'))).toHaveLength(1);
  });

  it('an alias inside of what it repeats, or to nothing, is named once', () => {
    expect(sentencesOf(`${SMALLEST}keys: &k [*k]`)).toEqual([
      'keys[0]: "keys[0]" is an alias to a value that contains it: write the value out',
    ]);
    expect(sentencesOf(`${SMALLEST}server: *nowhere`)).toEqual([
      'server: "server" is an alias to an anchor that is not set before it: add &name before the value it repeats',
    ]);
  });

  it('an anchor and its alias stand for the same value', () => {
    const text = `${SMALLEST}teams: { a: &limits { requestsPerMinute: 5 }, b: *limits }`;
    expect(configOf(text).teams.get('b')?.requestsPerMinute).toBe(5);
  });

  it('a number for a name in a map is the text it is written as', () => {
    const text =
      'providers: { openai: { type: openai, apiKey: abc } }\nmodels: { 4.10: { routes: [{ provider: openai, model: m }] } }';
    expect([...configOf(text).models.keys()]).toEqual(['4.10']);
  });

  it.each([
    ['a number where text is wanted', 'aliases: { a: 4 }', 'but is a number: put it in quotes'],
    ['text where a number is wanted', 'server: { port: "80" }', 'but is text: write it without quotes'],
    ['yes for true', 'cache: { enabled: yes }', 'yes, no, on and off are text in YAML 1.2'],
    ['off for false', 'cache: { enabled: off }', 'yes, no, on and off are text in YAML 1.2'],
    [
      'a bare number for a duration',
      'timeouts: { idle: 30 }',
      'but is a number without a unit; for example 60s',
    ],
    ['nothing for a section', 'aliases:', '"aliases" must be a map, but is empty'],
    ['a map for a list', 'keys: {}', '"keys" must be a list of keys, but is a map'],
    ['infinity', 'retry: { multiplier: .inf }', 'but is not a finite number'],
    ['a fraction of a thing', 'retry: { maxAttempts: 1.5 }', 'but is a number with a fraction'],
  ])('%s is explained by kinds', (_, line, sentence) => {
    expect(sentencesOf(SMALLEST + line).join('\n')).toContain(sentence);
  });

  it('YAML 1.1 cannot be switched on by the file', () => {
    expect(sentencesOf(`%YAML 1.1\n---\n${SMALLEST}cache: { enabled: yes }`)[0]).toContain('in YAML 1.2');
  });

  it('a reference without quotes inside { } is told to take them', () => {
    expect(sentencesOf('providers: { a: { type: openai, apiKey: ${KEY} } }')[0]).toContain(
      'a reference needs quotes: write "${NAME}"',
    );
  });

  it('places count lines and columns from 1, with CRLF as well', () => {
    const [problem] = problemsOf(`${SMALLEST.replaceAll('\n', '\r\n')}server:\r\n  prot: 1\r\n`);
    expect(problem).toMatchObject({ line: 4, column: 3, path: 'server.prot' });
  });
});
