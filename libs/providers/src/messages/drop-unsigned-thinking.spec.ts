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

describe('a tool loop that another provider began goes on without thinking, which Anthropic would refuse', () => {
  const thinking = { type: 'enabled', budget_tokens: 2000 };
  const use = { type: 'tool_use', id: 't', name: 'f', input: {} };
  const result = { type: 'tool_result', tool_use_id: 't', content: 'r' };
  const said = { type: 'text', text: 'Wait.' };
  const hidden = { type: 'redacted_thinking', data: 'd' };
  const asked = (more: object, ...contents: unknown[]): object => ({
    ...conversation(...contents),
    max_tokens: 4000,
    ...more,
  });
  const thinks = (...contents: unknown[]): boolean =>
    'thinking' in (JSON.parse(sent(JSON.stringify(asked({ thinking }, ...contents)))) as object);

  test('what is left out is the thinking, and what cannot be without it', () => {
    const edits = [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }];
    const more = { thinking, context_management: { edits }, id: '#' };
    const text = JSON.stringify(asked(more, 'Hi', [ours, use], [result])).replace(
      '"#"',
      '1234567890123456789',
    );
    const wanted = asked({ context_management: { edits: edits.slice(1) }, id: '#' }, 'Hi', [use], [result]);
    expect(sent(text)).toBe(
      JSON.stringify({ ...wanted, model: 'claude' }).replace('"#"', '1234567890123456789'),
    );
  });

  test.each([
    ['unsigned thinking', ['Hi', [ours, use], [result]]],
    ['no thinking', ['Hi', [use], [result]]],
    ['text first', ['Hi', [said, use], [result, said]]],
    ['thinking in an earlier turn only', ['Hi', [theirs, said], 'And?', [use], [result]]],
    ['several calls, none of them thought about', ['Hi', [use], [result], [ours, use], [result]]],
  ])('%s: without', (_, contents) => {
    expect(thinks(...contents)).toBe(false);
  });

  test.each([
    ['signed thinking', ['Hi', [theirs, use], [result]]],
    ['hidden thinking', ['Hi', [hidden, use], [result]]],
    ['a later call of the same loop needs none', ['Hi', [theirs, use], [result], [use], [result]]],
    ['nor does an earlier one', ['Hi', [use], [result], [theirs, use], [result]]],
    ['the loop is over', ['Hi', [use], [result], [said], 'And?']],
    ['no answer yet', [[result]]],
  ])('%s: with', (_, contents) => {
    expect(thinks(...contents)).toBe(true);
  });

  test('turns that a client sent in pieces are whole turns', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [theirs] },
      { role: 'assistant', content: [use] },
      { role: 'user', content: [result] },
      { role: 'user', content: 'And?' },
    ];
    const text = JSON.stringify({ model: 'm', thinking, messages });
    expect(sent(text)).toBe(text.replace('"m"', '"claude"'));
    const without = JSON.stringify({ model: 'm', thinking, messages: [messages[0], ...messages.slice(2)] });
    expect(JSON.parse(sent(without))).not.toHaveProperty('thinking');
  });

  test.each([
    ['a model that decides by itself', { thinking: { type: 'adaptive' }, note: '"budget_tokens"' }],
    ['no thinking at all', { thinking: { type: 'disabled', budget_tokens: 2000 } }],
    ['words of it', { system: 'budget_tokens', metadata: { budget_tokens: 1 } }],
  ])('%s goes there byte for byte', (_, more) => {
    const text = JSON.stringify(asked(more, 'Hi', [use], [result]), null, 1);
    expect(sent(text)).toBe(text.replace('"m"', '"claude"'));
  });
});
