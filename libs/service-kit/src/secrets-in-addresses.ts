/**
 * The secrets inside addresses like `postgres://user:password@host`, as written and decoded, for `registerSecrets`. One
 * text may be several addresses with commas between. What is no address has none; never throws.
 */
export function secretsInAddresses(...addresses: readonly string[]): string[] {
  return addresses
    .flatMap((text) => text.split(','))
    .flatMap((address) => {
      const url = URL.parse(address.trim());
      if (url === null) return [];
      // nats://token@host: a user without a password is a token.
      const secret = url.password === '' && /^(nats|tls):$/.test(url.protocol) ? url.username : url.password;
      return [secret, decoded(secret)].filter((part) => part !== '');
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
