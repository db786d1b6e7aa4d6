import { describe, expect, it } from 'vitest';
import { toConnectFailure, toTimeoutFailure } from './connect-failure.js';

const failed = (code: string): Error => Object.assign(new Error('10.1.2.3 said sk-secret'), { code });

describe('toConnectFailure', () => {
  it.each([
    ['resolving', 'ENOTFOUND', 'dns'],
    ['resolving', 'EAI_AGAIN', 'dns'],
    ['connecting', 'ECONNREFUSED', 'refused'],
    ['connecting', 'ETIMEDOUT', 'connect_timeout'],
    ['connecting', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'connect_timeout'],
    ['connecting', 'EHOSTUNREACH', 'connect'],
    ['connecting', 'ENETUNREACH', 'connect'],
    ['connecting', 'ECONNRESET', 'connect'],
    ['handshake', 'CERT_HAS_EXPIRED', 'tls'],
    ['handshake', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['handshake', 'ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['handshake', 'ECONNRESET', 'tls'],
  ] as const)('while %s, %s is %s, in words that are ours alone', (phase, code, kind) => {
    const failure = toConnectFailure(phase, failed(code));
    expect(failure.kind).toBe(kind);
    expect(failure.message).not.toMatch(/10\.1|secret/);
    expect(failure.isOurs).toBeUndefined();
  });

  it.each(['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS'])('%s is a limit of our own machine', (code) => {
    expect(toConnectFailure('connecting', failed(code))).toEqual({
      kind: 'connect',
      message: `the gateway's machine has no room for another connection (${code})`,
      isOurs: true,
    });
  });

  it('of several addresses the most telling failure counts', () => {
    const error = new AggregateError([failed('ENETUNREACH'), failed('ECONNREFUSED')]);
    expect(toConnectFailure('connecting', error).kind).toBe('refused');
    expect(toConnectFailure('connecting', new AggregateError([failed('ENETUNREACH')])).message).toBe(
      'the connection failed (ENETUNREACH)',
    );
    expect(toConnectFailure('connecting', new AggregateError([])).message).toBe('the connection failed');
  });

  it('a connection that closes without a word has no code', () => {
    expect(toConnectFailure('handshake', null).message).toBe('the TLS handshake failed');
  });
});

it('a name that is still being resolved at the end of the time is a failure of DNS', () => {
  expect(toTimeoutFailure('resolving').kind).toBe('dns');
  expect(toTimeoutFailure('handshake').kind).toBe('connect_timeout');
});
