import { expect, test } from 'vitest';
import { parseLaunchOptions } from './launch-options.js';

test('one edge is started unless more are asked for, in both spellings', () => {
  expect(parseLaunchOptions([])).toEqual({ kind: 'start', edges: 1 });
  expect(parseLaunchOptions(['--edges', '4'])).toEqual({ kind: 'start', edges: 4 });
  expect(parseLaunchOptions(['--edges=10'])).toEqual({ kind: 'start', edges: 10 });
  expect(parseLaunchOptions(['--edges', '4', '--help'])).toEqual({ kind: 'help' });
});

test.each([['0'], ['11'], ['-1'], ['1.5'], ['two'], [''], [' 3'], ['1e1']])(
  '--edges "%s" is refused',
  (value) => {
    const message = `--edges takes a number from 1 to 10, not "${value}".`;
    expect(parseLaunchOptions(['--edges', value])).toEqual({ kind: 'mistake', message });
  },
);

test('a mistake says what is known', () => {
  expect(parseLaunchOptions(['--edges'])).toEqual({
    kind: 'mistake',
    message: '--edges takes a number from 1 to 10, not nothing.',
  });
  expect(parseLaunchOptions(['--edge=2'])).toEqual({
    kind: 'mistake',
    message: 'Unknown argument "--edge". Known: --edges N, --help.',
  });
});
