import { describe, expect, test } from 'vitest';
import { aProvider, aRequestBody } from '../__fixtures__/requests.js';
import { messagesRelayAdapter } from './messages-adapters.js';

const ours = { type: 'thinking', thinking: 'Two and two…', signature: '' };
const theirs = { type: 'thinking', thinking: 'Hm.', signature: 'c2lnbmVk' };
const call = { type: 'tool_use', id: 't', name: 'f', input: { signature: '' } };
const sent = (text: string): string =>
  messagesRelayAdapter
    .toUpstreamBody(aRequestBody(text), aProvider({ type: 'anthropic' }), 'claude')
    .toString();
const conversation = (...contents: unknown[]): object => ({
  model: 'm',
  messages: contents.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content })),
});

describe('thinking of another provider does not reach Anthropic', () => {
  test.each([0, 2])('whatever the blanks (%d)', (indent) => {
    const request = conversation('Hi', [ours, { type: 'text', text: '4' }], 'Why?');
    const wanted = conversation('Hi', [{ type: 'text', text: '4' }], 'Why?');
    expect(JSON.parse(sent(JSON.stringify(request, null, indent)))).toEqual({ ...wanted, model: 'claude' });
  });

  test('a message of nothing else goes as well, numbers keep their digits', () => {
    const text = `{"model":"m","messages":[{"role":"assistant","content":[${JSON.stringify(ours)}]}],"n":12345678901234567890}`;
    expect(sent(text)).toBe('{"model":"claude","messages":[],"n":12345678901234567890}');
  });
});

describe('everything else goes there byte for byte', () => {
  test.each([
    ['signed thinking', JSON.stringify(conversation('Hi', [theirs, call]), null, 1)],
    [
      'words about signatures',
      '{"model":"m", "messages":[{"role":"user","content":"\\"signature\\":\\"\\""}]}',
    ],
    ['an empty signature elsewhere', '{"model":"m" ,"messages":[],"x":{"signature":""}}'],
    ['messages that are none', '{"model":"m" ,"messages":7,"x":{"signature" : ""}}'],
  ])('%s', (_, text) => {
    expect(sent(text)).toBe(text.replace('"m"', '"claude"'));
  });
});
