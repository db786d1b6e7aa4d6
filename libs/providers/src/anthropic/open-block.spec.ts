import { expect, test } from 'vitest';
import { openBlock } from './open-block.js';

const idOf = (content: object): string => {
  const opened = openBlock(
    { type: 'tool_use', name: 'f', ...content },
    { call: 0, detail: 0, start: 0 },
  ).open();
  const delta = JSON.parse(opened ?? '') as { tool_calls: { id: string }[] };
  return delta.tool_calls[0]!.id;
};

test("a call has the provider's id; without one it gets an id that no other answer has", () => {
  expect(idOf({ id: 'toolu_1' })).toBe('toolu_1');
  const made = [idOf({}), idOf({ id: '' }), idOf({ id: null })];
  expect(new Set(made).size).toBe(3);
  for (const id of made) expect(id).toMatch(/^call_\w{16,32}$/);
});
