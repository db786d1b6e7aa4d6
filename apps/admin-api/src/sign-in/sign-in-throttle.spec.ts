import { FakeClock } from '@sluice/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ProblemError } from '../http/problem.js';
import { SignInThrottle } from './sign-in-throttle.js';

let clock: FakeClock;
let throttle: SignInThrottle;
beforeEach(() => {
  clock = new FakeClock();
  throttle = new SignInThrottle(clock.now);
});

/** How many tries of this kind go before one is refused. */
function triesUntilRefused(take: (index: number) => unknown): number {
  for (let index = 0; index < 1_000; index += 1) {
    try {
      take(index);
    } catch (error) {
      if (error instanceof ProblemError && error.kind === 'too-many-sign-ins') return index;
      throw error;
    }
  }
  return Number.POSITIVE_INFINITY;
}

describe('the throttle', () => {
  it('lets ten tries for one user go from one address, then one each six seconds', async () => {
    const again = () => triesUntilRefused(() => throttle.take('10.0.0.1', 'ana'));
    expect(again()).toBe(10);
    await clock.advance(5_900);
    expect(again()).toBe(0);
    await clock.advance(200);
    expect(again()).toBe(1);
  });

  it('one address that guesses a password for an hour keeps nobody else out, known or not', async () => {
    for (let second = 0; second < 3_600; second += 1) {
      triesUntilRefused(() => throttle.take('10.0.0.66', 'admin'));
      if (second % 60 === 0) throttle.take('10.0.0.1', 'admin').succeed();
      if (second % 90 === 0) throttle.take(`10.0.1.${second / 90}`, 'admin');
      await clock.advance(1_000);
    }
  }, 30_000);

  it('lets a hundred tries for one user go from wherever, then one each 0.6 s', async () => {
    const spread = () =>
      triesUntilRefused((index) => throttle.take(`10.1.${index >> 8}.${index & 255}`, 'ana'));
    expect(spread()).toBe(100);
    expect(triesUntilRefused(() => throttle.take('10.9.0.1', 'bea'))).toBe(10);
    await clock.advance(650);
    expect(triesUntilRefused(() => throttle.take('10.2.0.1', 'ana'))).toBe(1);
  });

  it('who has signed in from an address gets in there while many others guess', () => {
    throttle.take('10.0.0.1', 'ana').succeed();
    triesUntilRefused((index) => throttle.take(`10.1.${index >> 8}.${index & 255}`, 'ana'));
    throttle.take('10.0.0.1', 'ana').succeed();
    // Ten there, as ever; neither another address nor another user gets more by it.
    expect(triesUntilRefused(() => throttle.take('10.0.0.1', 'ana'))).toBe(10);
    expect(triesUntilRefused(() => throttle.take('10.0.0.2', 'ana'))).toBe(0);
  });

  it('lets twenty tries from one address go, for whomever, then one each three seconds', async () => {
    expect(triesUntilRefused((index) => throttle.take('10.0.0.1', `user-${index}`))).toBe(20);
    expect(triesUntilRefused((index) => throttle.take('10.0.0.2', `user-${index}`))).toBe(20);
    await clock.advance(3_100);
    expect(triesUntilRefused((index) => throttle.take('10.0.0.1', `other-${index}`))).toBe(1);
  });

  it('says how long to wait', () => {
    triesUntilRefused(() => throttle.take('10.0.0.1', 'ana'));
    expect(() => throttle.take('10.0.0.1', 'ana')).toThrow(expect.objectContaining({ retryAfterS: 6 }));
  });

  it('a try that is given back costs nothing, and gives no more than there was', () => {
    for (let run = 0; run < 100; run += 1) throttle.take('10.0.0.1', 'ana').giveBack();
    expect(triesUntilRefused(() => throttle.take('10.0.0.1', 'ana'))).toBe(10);
  });

  it('a refused try takes nothing, so that waiting helps', async () => {
    triesUntilRefused(() => throttle.take('10.0.0.1', 'ana'));
    for (let run = 0; run < 50; run += 1) expect(() => throttle.take('10.0.0.1', 'ana')).toThrow();
    await clock.advance(6_100);
    expect(triesUntilRefused(() => throttle.take('10.0.0.1', 'ana'))).toBe(1);
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['fe80::1%eth0', 'fe80::2%eth1', true],
    ['::1', '::2', true],
  ])('%s and %s are one source: %s', (first, second, isOne) => {
    triesUntilRefused((index) => throttle.take(first, `user-${index}`));
    expect(triesUntilRefused((index) => throttle.take(second, `other-${index}`))).toBe(isOne ? 0 : 20);
  });

  it('remembers a bounded number of names and addresses, those of late', () => {
    for (let index = 0; index < 30_000; index += 1) {
      const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      throttle.take(address, `user-${index}`);
      throttle.take(address, `other-${index}`).succeed();
    }
    expect(throttle.size).toBeLessThanOrEqual(40_000);
    expect(triesUntilRefused(() => throttle.take('10.0.117.47', 'user-29999'))).toBe(9);
  });
});
