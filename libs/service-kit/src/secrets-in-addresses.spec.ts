import { describe, expect, it } from 'vitest';
import { secretsInAddresses } from './secrets-in-addresses.js';

describe('secretsInAddresses', () => {
  it.each([
    ['a password, as written and decoded', ['postgres://u:p%40ss@h/db'], ['p%40ss', 'p@ss']],
    ['a token', ['nats://s3cret@h:4222'], ['s3cret', 's3cret']],
    ['each of several servers', ['nats://u:one@a, tls://u:two@b'], ['one', 'one', 'two', 'two']],
    ['one that is not percent-encoded', ['postgres://u:50%@h'], ['50%', '50%']],
    ['none where there is none', ['nats://h:4222', 'postgres://u@h/db', 'no address'], []],
  ])('finds %s', (_, addresses, secrets) => {
    expect(secretsInAddresses(...addresses)).toEqual(secrets);
  });
});
