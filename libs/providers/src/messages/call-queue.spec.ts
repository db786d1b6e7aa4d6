import { afterEach, expect, test, vi } from 'vitest';
import { ToolUseIds } from '../translate/tool-call-id.js';
import { BlockWriter } from './block-writer.js';
import { CallQueue } from './call-queue.js';

afterEach(() => {
  vi.restoreAllMocks();
});

interface Piece {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly args?: string;
}

/** One piece as a delta's `tool_calls` has it. */
const piece = ({ index, id, name, args }: Piece): object => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
});

const openQueue = (): CallQueue => new CallQueue(new BlockWriter(), new ToolUseIds('event-1'));

/** Sends one call in pieces of four characters. */
function sendLongCall(pieces: number): void {
  const queue = openQueue();
  queue.add([piece({ index: 0, id: 'call_1', name: 'f', args: '{"a":"' })]);
  const one = [piece({ index: 0, args: 'abc ' })];
  for (let count = 0; count < pieces; count += 1) queue.add(one);
}

/** The best of some rounds: what else the machine does only ever adds. */
function leastTime(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

test('a piece of a long call costs no more than one of a short call', () => {
  const pieces = 6_000;
  const short = leastTime(() => {
    for (let call = 0; call < 10; call += 1) sendLongCall(pieces);
  });
  const long = leastTime(() => {
    sendLongCall(10 * pieces);
  });
  // As many pieces both times. When each one copied what came before it, the long call cost tenfold and more.
  expect(long / short).toBeLessThan(5);
});

test('a call that only looks whole is not parsed anew for each piece of another', () => {
  const queue = openQueue();
  const long = `{"a":{"b":"${'x'.repeat(10_000)}"}`;
  queue.add([piece({ index: 0, id: 'call_1', name: 'f', args: long })]);
  queue.add([piece({ index: 1, id: 'call_2', name: 'g', args: '{"c":"' })]);
  const parse = vi.spyOn(JSON, 'parse');
  for (let count = 0; count < 200; count += 1) queue.add([piece({ index: 1, args: '}' })]);
  const rest = queue.add([piece({ index: 0, args: '}' })]) + queue.add([piece({ index: 1, args: '"}' })]);
  const parsed = parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
  expect(parsed, 'characters parsed').toBeLessThan(2 * long.length);
  expect(rest, 'the second call follows once the first is whole').toContain('"name":"g"');
});
