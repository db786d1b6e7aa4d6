import { expect, it } from 'vitest';
import { parseTailOptions } from './tail-options.js';

it('begins with the newest 20 messages and follows when nothing is asked', () => {
  expect(parseTailOptions([])).toEqual({
    kind: 'tail',
    options: {
      kind: 'request',
      outcome: undefined,
      provider: undefined,
      model: undefined,
      team: undefined,
      last: 20,
      follow: true,
      raw: false,
    },
  });
});

it('takes every filter', () => {
  const args =
    '--outcome failed --provider openai --model gpt-4o --team research --last 5 --no-follow --raw'.split(' ');
  expect(parseTailOptions(args)).toEqual({
    kind: 'tail',
    options: {
      kind: 'request',
      outcome: 'failed',
      provider: 'openai',
      model: 'gpt-4o',
      team: 'research',
      last: 5,
      follow: false,
      raw: true,
    },
  });
});

it.each([
  [['--outcome', 'done'], /succeeded, failed/],
  [['--last', '-1'], /--last/],
  [['--last', '1.5'], /--last/],
  [['--last', '100001'], /--last/],
  [['--colour'], /--colour/],
  [['failed'], /failed/],
  [['--health', '--outcome', 'failed'], /--health/],
  [['--audit', '--provider', 'p'], /--audit/],
  [['--audit', '--health'], /--health/],
])('says what is wrong with %j', (args, sentence) => {
  const command = parseTailOptions(args);
  expect(command.kind === 'mistake' ? command.message : command.kind).toMatch(sentence);
});

it('takes health of one provider, or what people did', () => {
  expect(parseTailOptions(['--health', '--provider', 'openai'])).toMatchObject({
    options: { kind: 'health', provider: 'openai' },
  });
  expect(parseTailOptions(['--audit', '--last', '3'])).toMatchObject({ options: { kind: 'audit', last: 3 } });
});
