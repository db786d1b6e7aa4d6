import { expect, test } from 'vitest';
import { estimateInputTokens } from './estimate-input-tokens.js';

const estimate = (request: object): number => estimateInputTokens(Buffer.from(JSON.stringify(request)));
const says = (text: unknown): object => ({ messages: [{ role: 'user', content: text }] });

test('four bytes of text are one token, in a word or in blocks', () => {
  const plain = estimate(says('a'.repeat(4000)));
  expect(plain).toBeGreaterThanOrEqual(1000);
  expect(plain).toBeLessThan(1010);
  expect(estimate(says([{ type: 'text', text: 'a'.repeat(4000) }])) - plain).toBeLessThan(5);
});

test('the system prompt, tools and results of tools count', () => {
  const base = estimate(says('x'));
  const text = 'b'.repeat(400);
  expect(estimate({ ...says('x'), system: text }) - base).toBe(100);
  expect(estimate({ ...says('x'), tools: [{ name: 't', description: text }] }) - base).toBeGreaterThan(100);
  const result = [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text }] }];
  expect(estimate(says(result)) - base).toBeGreaterThanOrEqual(100);
});

test('an image counts the same whatever its bytes are, also inside a result', () => {
  const image = (data: string): object => ({
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data },
  });
  expect(estimate(says([image('A')]))).toBe(estimate(says([image('A'.repeat(100_000))])));
  const nested = [{ type: 'tool_result', tool_use_id: 't', content: [image('A')] }];
  expect(estimate(says(nested))).toBeGreaterThan(1600);
});

test('what is no request is at least one token, and no error', () => {
  for (const text of ['{}', 'null', '[]', '', '{"messages":7,"system":{"a":[null]}}']) {
    expect(estimateInputTokens(Buffer.from(text))).toBeGreaterThanOrEqual(1);
  }
});
