import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RunningWalk, RunningWalks } from './running-walks.js';

class TestWalk implements RunningWalk {
  place = 0;
  stopped = 0;

  constructor(readonly walks: RunningWalks) {}

  stop(): void {
    this.stopped += 1;
    this.walks.delete(this);
  }
}

test('whatever is added and removed in whatever order, exactly the rest is stopped, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), (removals) => {
      const walks = new RunningWalks();
      const all = Array.from({ length: 20 }, () => new TestWalk(walks));
      for (const walk of all) walks.add(walk);
      const removed = new Set(removals.flatMap((index) => all[index] ?? []));
      for (const walk of removals.flatMap((index) => all[index] ?? [])) walks.delete(walk);
      expect(walks.size).toBe(all.length - removed.size);
      walks.stopAll();
      expect(all.map((walk) => walk.stopped)).toEqual(all.map((walk) => (removed.has(walk) ? 0 : 1)));
      expect(walks.size).toBe(0);
    }),
  );
});
