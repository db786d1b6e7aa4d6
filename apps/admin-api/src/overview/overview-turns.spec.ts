import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OverviewTurns } from './overview-turns.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const REFUSED = { kind: 'too-busy', retryAfterS: 2 };

function setUp() {
  const turns = new OverviewTurns();
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const run = (index: number) =>
    turns.run(async () => {
      begun.push(index);
      await new Promise<void>((resolve) => ends.push(resolve));
      return index;
    });
  return { turns, begun, ends, run };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the turns of overviews', () => {
  it('two are read at a time, the others in the order in which they came', async () => {
    const { begun, ends, run } = setUp();
    const all = [0, 1, 2, 3].map(run);
    await settle();
    expect(begun).toEqual([0, 1]);
    ends[1]!();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    ends[0]!();
    await settle();
    for (const end of ends) end();
    await settle();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('one that fails gives its turn on, and the room is free again at the end', async () => {
    const { turns, begun, ends, run } = setUp();
    for (let round = 0; round < 3; round += 1) {
      await expect(turns.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    const two = [run(0), run(1)];
    await settle();
    expect(begun).toEqual([0, 1]);
    for (const end of ends) end();
    await Promise.all(two);
  });

  it('who has waited for three seconds is told to come back, and takes no turn later', async () => {
    const { begun, ends, run } = setUp();
    const two = [run(0), run(1)];
    const late = expect(run(2)).rejects.toMatchObject(REFUSED);
    await vi.advanceTimersByTimeAsync(3_000);
    await late;
    for (const end of ends) end();
    await Promise.all(two);
    expect(begun).toEqual([0, 1]);
  });

  it('the seventeenth that would wait is told so at once', async () => {
    const { run } = setUp();
    const all = Array.from({ length: 18 }, (_, index) => run(index).catch(() => undefined));
    await expect(run(18)).rejects.toMatchObject(REFUSED);
    await vi.advanceTimersByTimeAsync(3_000);
    await Promise.all(all.slice(2));
  });
});
