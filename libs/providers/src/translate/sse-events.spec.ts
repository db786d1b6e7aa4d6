import { expect, test } from 'vitest';
import { SseEvents } from './sse-events.js';

function read(text: string): [name: string, data: string][] {
  const events = new SseEvents();
  events.push(Buffer.from(text));
  expect(events.problem).toBeNull();
  const found: [string, string][] = [];
  for (let event = events.next(); event !== null; event = events.next()) found.push([event.name, event.data]);
  return found;
}

test('comments, unknown fields and events without data are no events', () => {
  expect(read(': hi\n\nretry: 5\nid: 3\nevent: a\ndata: 1\n\nevent: b\n\n')).toEqual([['a', '1']]);
});

test('data lines are joined, one leading space is not part of them', () => {
  expect(read('data:1\ndata:  2\ndata:\n\ndata: \n\n')).toEqual([['', '1\n 2\n']]);
});

test('CRLF ends lines too, and a byte order mark is not part of the first', () => {
  expect(read('\ufeffdata: 1\r\n\r\nevent: x\r\ndata: 2\r\n\r\n')).toEqual([
    ['', '1'],
    ['x', '2'],
  ]);
});

test('a last event without its blank line is told apart', () => {
  const events = new SseEvents();
  events.push(Buffer.from('data: 1\n\ndata: 2'));
  expect([events.next()?.data, events.next(), events.rest()?.data, events.rest()]).toEqual([
    '1',
    null,
    '2',
    null,
  ]);
});
