import { beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '../http/problem.js';
import { PasswordHasher } from './password-hash.js';

const PASSWORD = 'correct horse battery';
let hasher: PasswordHasher;
let hash: string;
beforeAll(async () => {
  hasher = new PasswordHasher();
  hash = await hasher.hash(PASSWORD);
});

describe('a password hash', () => {
  it('takes its password alone, also when its letters were composed in another way', async () => {
    expect(await hasher.verify(PASSWORD, hash)).toBe(true);
    expect(await hasher.verify(`${PASSWORD} `, hash)).toBe(false);
    expect(await hasher.verify('', hash)).toBe(false);
    const accented = await hasher.hash('caf\u00e9-caf\u00e9');
    expect(await hasher.verify('cafe\u0301-cafe\u0301', accented)).toBe(true);
  });

  it('has its cost in it, at least 2^15 rounds of 8, and a salt of its own', async () => {
    expect(hash).toMatch(/^scrypt\$15\$8\$3\$[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}$/);
    expect(await hasher.hash(PASSWORD)).not.toBe(hash);
    // Made before the cost was raised.
    const older = 'scrypt$14$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    expect(await hasher.verify(PASSWORD, older)).toBe(false);
  });

  it('nobody has every password wrong', async () => {
    expect(await hasher.verify(PASSWORD, undefined)).toBe(false);
  });

  it('one of an unknown kind is an error, not a no', async () => {
    await expect(hasher.verify(PASSWORD, 'md5$x')).rejects.toThrow('unknown kind');
  });
});

describe('many at once', () => {
  it('wait for their turn up to a bound, and those beyond are told to come back', async () => {
    const all = await Promise.allSettled(Array.from({ length: 30 }, () => hasher.verify(PASSWORD, hash)));
    const refused = all.filter((one) => one.status === 'rejected');
    expect(all.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(18);
    expect(refused).toHaveLength(12);
    expect(refused.every(({ reason }) => reason instanceof ProblemError && reason.kind === 'too-busy')).toBe(
      true,
    );
    expect(await hasher.verify(PASSWORD, hash)).toBe(true);
  });
});
