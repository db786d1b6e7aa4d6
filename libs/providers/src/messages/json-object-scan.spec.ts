import { expect, test } from 'vitest';
import { JsonObjectScan } from './json-object-scan.js';

function isClosed(pieces: readonly string[]): boolean {
  const scan = new JsonObjectScan();
  for (const piece of pieces) scan.push(piece);
  return scan.isClosed;
}

test.each(['{}', ' {"a":{"b":[1,{}]}} \n', '{"a":"}\\"}{[","b":"\\\\"}', '{"a":"Grüße 👋"}'])(
  '%j is closed at its last brace, however it is cut',
  (text) => {
    const last = text.lastIndexOf('}');
    for (let at = 0; at <= text.length; at += 1) {
      expect(isClosed([text.slice(0, at), text.slice(at)]), `cut at ${at}`).toBe(true);
      expect(isClosed([text.slice(0, at)]), `ended at ${at}`).toBe(at > last);
    }
    expect(isClosed(Array.from(text))).toBe(true);
  },
);

test.each(['', ' ', '[]', '"{}"', 'x{}', '{}x', '{}{}', '{"a":"}', '{"a":"\\"}'])('%j is not', (text) => {
  expect([isClosed([text]), isClosed(Array.from(text))]).toEqual([false, false]);
});
