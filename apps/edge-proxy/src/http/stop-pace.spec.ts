import { expect, test } from 'vitest';
import { StopPace } from './stop-pace.js';

const patient = (): StopPace => new StopPace({ preStopMs: 60_000, graceMs: 10_000, hurriedGraceMs: 2_500 });
const elapsedMs = async (wait: () => Promise<void>): Promise<number> => {
  const startedMs = performance.now();
  await wait();
  return performance.now() - startedMs;
};

test('the door stays open for the whole time', async () => {
  const pace = new StopPace({ preStopMs: 80, graceMs: 0, hurriedGraceMs: Infinity });
  expect(await elapsedMs(() => pace.untilDoorCloses())).toBeGreaterThanOrEqual(75);
});

test('a stop that was hurried before it began does not keep the door open', async () => {
  const pace = patient();
  pace.hurryUp();
  expect(await elapsedMs(() => pace.untilDoorCloses())).toBeLessThan(1_000);
});

test('hurry closes a door that is being kept open', async () => {
  const pace = patient();
  setTimeout(() => pace.hurryUp(), 20);
  expect(await elapsedMs(() => pace.untilDoorCloses())).toBeLessThan(1_000);
});

test('hurry never makes the grace longer', () => {
  expect(patient().hurry.graceMs).toBe(2_500);
  expect(new StopPace({ preStopMs: 0, graceMs: 100, hurriedGraceMs: Infinity }).hurry.graceMs).toBe(100);
});
