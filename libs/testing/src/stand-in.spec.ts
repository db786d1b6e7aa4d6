import { expect, test } from 'vitest';
import { standIn } from './stand-in.js';

class Counter {
  #count = 0;
  step = 1;
  get count(): number {
    return this.#count;
  }
  add(): void {
    this.#count += this.step;
  }
}

test('reads, calls and writes reach the object of the moment, also one that was made later', () => {
  let current = new Counter();
  const counter = standIn(() => current);
  counter.step = 5;
  counter.add();
  expect([counter.count, current.count]).toEqual([5, 5]);
  current = new Counter();
  counter.add();
  expect([counter.count, current.count]).toEqual([1, 1]);
});

test('while there is none, whoever uses it is told why', () => {
  const counter = standIn<Counter>(() => undefined);
  expect(() => counter.count).toThrow(/before its hook/);
  expect(() => (counter.step = 2)).toThrow(/before its hook/);
});
