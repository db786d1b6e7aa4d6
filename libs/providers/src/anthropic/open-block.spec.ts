import { expect, test } from 'vitest';
import { openBlock } from './open-block.js';

const idOf = (content: object, answerId = 'event-1', call = 0): string => {
  const block = { type: 'tool_use', name: 'f', ...content };
  const opened = openBlock(block, { answerId, call, detail: 0, start: 0 }).open();
  const delta = JSON.parse(opened ?? '') as { tool_calls: { id: string }[] };
  return delta.tool_calls[0]!.id;
};

test("a call has the provider's id; without one it gets an id that no other answer has", () => {
  expect(idOf({ id: 'toolu_1' })).toBe('toolu_1');
  const made = [idOf({}), idOf({ id: '' }, 'event-1', 1), idOf({ id: null }, 'event-2')];
  expect(new Set(made).size).toBe(3);
  for (const id of made) expect(id).toMatch(/^call_\w{16,32}$/);
});
