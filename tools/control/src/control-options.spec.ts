import { expect, it } from 'vitest';
import { type ControlQuestion, parseControlOptions } from './control-options.js';

const force = (to: string, provider: string, providerModel: string | null): object => ({
  command: 'breaker.force',
  to,
  provider,
  providerModel,
});

it.each<[string, ControlQuestion | object]>([
  ['reload', { command: 'config.reload' }],
  ['breakers', { command: 'breaker.list' }],
  ['breaker open openai', force('open', 'openai', null)],
  ['breaker close openai/gpt-4o', force('closed', 'openai', 'gpt-4o')],
  ['breaker auto local/meta/llama-3', force('auto', 'local', 'meta/llama-3')],
])('reads "%s"', (line, question) => {
  expect(parseControlOptions(line.split(' '))).toEqual({ kind: 'ask', question, json: false });
});

it('gives the answers themselves when asked', () => {
  expect(parseControlOptions(['breakers', '--json'])).toMatchObject({ kind: 'ask', json: true });
});

it.each([
  ['', /commands are/],
  ['restart', /commands are/],
  ['reload now', /commands are/],
  ['breaker', /open, close or auto/],
  ['breaker constructor openai', /open, close or auto/],
  ['breaker open', /Name one breaker/],
  ['breaker open /gpt-4o', /Name one breaker/],
  ['breaker open a b', /Name one breaker/],
  ['reload --colour', /--colour/],
])('says what is wrong with "%s"', (line, sentence) => {
  const options = parseControlOptions(line.split(' ').filter((word) => word !== ''));
  expect(options.kind === 'mistake' ? options.message : options.kind).toMatch(sentence);
});
