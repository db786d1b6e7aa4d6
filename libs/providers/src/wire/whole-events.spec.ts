import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_EVENT_BYTES, MAX_LINE_BYTES, WholeEvents } from './whole-events.js';

interface Read {
  readonly whole: string;
  readonly rest: string;
  readonly problem: string | null;
}

function readAll(pieces: readonly Uint8Array[]): Read {
  const events = new WholeEvents();
  let whole = '';
  for (const piece of pieces) whole += events.push(Buffer.from(piece));
  return { whole, rest: events.rest(), problem: events.problem };
}

const cut = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('WholeEvents', () => {
  const text = 'data: ü€😀\n\n: c\r\n\r\nevent: x\ndata: 2\r\n\ndata: 3\n\r\ndata: half';

  test.each([1, 2, 3, 4, 5, 7, 100])('in pieces of %i bytes it reads the same', (size) => {
    const { whole, rest, problem } = readAll(cut(Buffer.from(text), size));
    expect([whole + rest, rest, problem]).toEqual([latin1(text), 'data: half', null]);
  });

  test('an event comes out with the byte that ends it, and not before', () => {
    const events = new WholeEvents();
    expect(Array.from('a\n\nb\r\n\r\nc').map((char) => events.push(Buffer.from(char)))).toEqual([
      ...['', '', 'a\n\n', '', '', '', '', 'b\r\n\r\n', ''],
    ]);
  });

  test('any bytes, cut anywhere, give what they give in one piece', () => {
    const byte = fc.constantFrom(...Buffer.from('\n\n\n\r\nda:{}'), 0, 0x80, 0xc3, 0xa9, 0xe2, 0xff);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), fc.array(fc.nat(60)), (bytes, cuts) => {
        const buffer = Buffer.from(bytes);
        const at = [0, ...cuts.filter((each) => each < buffer.length).sort((a, b) => a - b), buffer.length];
        const pieces = at.slice(1).map((end, index) => buffer.subarray(at[index], end));
        const [one, many] = [readAll([buffer]), readAll(pieces)];
        expect(many.problem).toBe(one.problem);
        if (one.problem !== null) return;
        expect(many.whole + many.rest).toBe(one.whole + one.rest);
        // One line end more than a blank line needs may go with either event.
        expect(many.rest.trimStart()).toBe(one.rest.trimStart());
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['a byte that begins nothing', [0x80]],
    ['a character that is cut short', [0xe2, 0x82, 0x0a]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a number above Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte of no encoding', [0xff]],
  ])('%s is not UTF-8, however it is cut', (_name, bytes) => {
    const stream = Buffer.from([0x61, ...bytes, 0x61, 0x0a, 0x0a]);
    for (const size of [1, 2, 3, 100]) {
      expect(readAll(cut(stream, size)).problem).toBe('the stream is not valid UTF-8');
    }
  });

  test.each([1_000, 65_536, 10 * MAX_EVENT_BYTES])(
    'a line ends the stream at its bound (pieces of %i)',
    (size) => {
      const line = (bytes: number): Buffer => Buffer.from(`${'x'.repeat(bytes)}\n\n`);
      expect(readAll(cut(line(MAX_LINE_BYTES), size)).problem).toBeNull();
      expect(readAll(cut(line(MAX_LINE_BYTES + 1), size)).problem).toBe(
        `the provider sent a line of more than ${MAX_LINE_BYTES} bytes`,
      );
    },
  );

  test.each([65_536, 10 * MAX_EVENT_BYTES])(
    'an event of many lines ends it at its own (pieces of %i)',
    (size) => {
      const event = (lines: number): Buffer => Buffer.from(`${'data: 789\n'.repeat(lines)}\n`);
      const fits = MAX_EVENT_BYTES / 10 - 1;
      expect(readAll(cut(event(fits), size)).problem).toBeNull();
      expect(readAll(cut(event(fits + 10_000), size)).problem).toBe(
        `the provider sent an event of more than ${MAX_EVENT_BYTES} bytes`,
      );
    },
  );

  test('what never ends is not collected beyond the bound, and nothing comes out after it', () => {
    for (const piece of ['x'.repeat(65_536), `data: ${'x'.repeat(65_536)}\n`]) {
      const events = new WholeEvents();
      let pushed = 0;
      while (events.problem === null && pushed < 2 * MAX_EVENT_BYTES) {
        events.push(Buffer.from(piece));
        pushed += piece.length;
      }
      expect(pushed).toBeLessThan(1.1 * MAX_EVENT_BYTES);
      expect([events.push(Buffer.from('data: 1\n\n')), events.rest()]).toEqual(['', '']);
    }
  });

  test.each(['x', 'x\n', 'é'])(
    'an event of megabytes in the smallest pieces (%j) costs no more than reading it',
    (piece) => {
      const events = new WholeEvents();
      const bytes = Buffer.from(piece);
      const startedMs = performance.now();
      for (let read = 0; read < MAX_LINE_BYTES; read += bytes.length) events.push(bytes);
      expect(events.problem).toBeNull();
      // Searching from the start for each piece would take minutes.
      expect(performance.now() - startedMs).toBeLessThan(3_000);
    },
  );
});
