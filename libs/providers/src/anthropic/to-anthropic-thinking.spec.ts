import { describe, expect, test } from 'vitest';
import { ASK, BUDGET, NEW, OLD, refused, to } from './__fixtures__/translated-request.js';

describe('thinking', () => {
  const think = (more: object, model: string): unknown[] => {
    const {
      thinking,
      output_config: config,
      max_tokens: limit,
      temperature,
    } = to({ ...ASK, temperature: 0.2, ...more }, model);
    return [thinking, config, limit, temperature];
  };

  test.each([
    ['minimal', 1024, 'low'],
    ['low', 2048, 'low'],
    ['medium', 8192, 'medium'],
    ['high', 16384, 'high'],
    ['xhigh', 24576, 'xhigh'],
    ['max', 32768, 'max'],
  ])('the effort %s is a budget of %d, or %s', (effort, budget, adaptive) => {
    const enabled = { type: 'enabled', budget_tokens: budget };
    expect(think({ reasoning_effort: effort }, BUDGET)).toEqual([
      enabled,
      undefined,
      budget + 4096,
      undefined,
    ]);
    expect(think({ reasoning_effort: effort }, NEW)).toEqual([
      { type: 'adaptive' },
      { effort: adaptive },
      4096,
      undefined,
    ]);
  });

  test('an effort that a model does not know is the next that it knows', () => {
    expect(think({ reasoning_effort: 'xhigh' }, 'claude-opus-4-6')[1]).toEqual({ effort: 'high' });
  });

  test('the budget stays below the limit; one that cannot is given room', () => {
    expect(think({ reasoning_effort: 'high', max_tokens: 5000 }, BUDGET)[0]).toMatchObject({
      budget_tokens: 4999,
    });
    expect(think({ reasoning_effort: 'high', max_tokens: 100 }, BUDGET).slice(0, 3)).toEqual([
      { type: 'enabled', budget_tokens: 1024 },
      undefined,
      1124,
    ]);
  });

  test.each([
    [{ reasoning: { effort: 'low' } }, 2048],
    [{ reasoning: { max_tokens: 3000 } }, 3000],
    [{ reasoning: { enabled: true } }, 8192],
    [{ enable_thinking: true }, 8192],
    [{ thinking: { type: 'enabled', budget_tokens: 1500 } }, 1500],
  ])('%j asks for it too', (more, budget) => {
    expect(think(more, BUDGET)[0]).toEqual({ type: 'enabled', budget_tokens: budget });
  });

  test('none is off, and models that cannot think are not asked to', () => {
    expect(think({ reasoning_effort: 'none' }, NEW)[0]).toEqual({ type: 'disabled' });
    expect(think({ reasoning_effort: 'none' }, BUDGET)[0]).toBeUndefined();
    expect(think({ reasoning_effort: 'high' }, OLD)).toEqual([undefined, undefined, 4096, 0.2]);
    expect(refused({ ...ASK, reasoning_effort: 'huge' })).toBe('reasoning_effort');
  });

  const format = 'anthropic-claude-v1';
  const signed = [
    { type: 'reasoning.text', text: 'Let me ', format, index: 0 },
    { type: 'reasoning.text', text: 'see', format, index: 0 },
    { type: 'reasoning.text', signature: 'c2ln', format, index: 0 },
    { type: 'reasoning.encrypted', data: 'ZGF0YQ==', format, index: 1 },
  ];
  const turn = (more: object): object[] => [
    { role: 'user', content: 'q' },
    { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }], ...more },
    { role: 'tool', tool_call_id: 'c', content: '1' },
  ];
  const thoughts = [
    { type: 'thinking', thinking: 'Let me see', signature: 'c2ln' },
    { type: 'redacted_thinking', data: 'ZGF0YQ==' },
  ];

  test.each([
    ['reasoning_details', { reasoning_details: signed }],
    ['thinking_blocks', { thinking_blocks: thoughts }],
    ['content', { content: thoughts }],
  ])('it comes back unchanged from %s, before the calls it led to', (_name, more) => {
    const request = to({ messages: turn(more), reasoning_effort: 'low' }, BUDGET);
    expect(request['messages']).toMatchObject([{}, { content: [...thoughts, { type: 'tool_use' }] }, {}]);
    expect(request).toHaveProperty('thinking');
  });

  test("without a signature, or with another provider's, it is not sent", () => {
    const foreign = [
      { type: 'reasoning.text', text: 'x', signature: 's', format: 'google-gemini-v1', index: 0 },
      { type: 'reasoning.text', text: 'y', format, index: 1 },
    ];
    const request = to({ messages: turn({ reasoning_details: foreign, reasoning_content: 'x' }) }, BUDGET);
    expect(request['messages']).toMatchObject([{}, { content: [{ type: 'tool_use' }] }, {}]);
  });

  test('a turn whose thinking was lost goes on without, since it would be refused', () => {
    expect(to({ messages: turn({}), reasoning_effort: 'low' }, BUDGET)).not.toHaveProperty('thinking');
    expect(to({ messages: turn({}), reasoning_effort: 'low' }, NEW)).toHaveProperty('thinking');
  });
});
