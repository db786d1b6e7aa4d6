// Why a connection could not be made, from the system's error to a kind and plain words. Pure.
import type { TransportFailure } from '../transport.js';
import { AddressBlocked } from './checked-lookup.js';

/** How far a connection had come. `handshake` is TLS's. */
export type ConnectPhase = 'resolving' | 'connecting' | 'handshake';

/** A failure without the fact that only the connection knows: whether the request went out. */
export type ConnectFailure = Omit<TransportFailure, 'isSent'>;

/** Codes of OpenSSL and Node, in words; {@link toConnectFailure} puts the code behind them. */
const CERTIFICATE_WORDS: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', "the provider's certificate has expired"],
  ['CERT_NOT_YET_VALID', "the provider's certificate is not valid yet"],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', "the provider's certificate is self-signed"],
  ['SELF_SIGNED_CERT_IN_CHAIN', "the provider's certificate comes from an authority that is not trusted"],
  ['UNABLE_TO_GET_ISSUER_CERT', "the provider's certificate comes from an authority that is not trusted"],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    "the provider's certificate comes from an authority that is not trusted",
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    "the provider's certificate comes from an authority that is not trusted",
  ],
  ['CERT_REVOKED', "the provider's certificate was revoked"],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "the provider's certificate is for another name"],
]);
/** This machine has no port, file or memory left for another socket. */
const OUR_LIMITS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
const TIMEOUTS: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT']);
/** The codes that say most, when the addresses of a name failed for different reasons. */
const TELLING = ['ECONNREFUSED', 'ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT'];

/**
 * @param error what the socket emitted, null when it closed without a word
 */
export function toConnectFailure(phase: ConnectPhase, error: Error | null): ConnectFailure {
  if (error instanceof AddressBlocked) return toBlockedFailure(error.range);
  const code = codeOf(error);
  const said = code === '' ? '' : ` (${code})`;
  if (phase === 'resolving') {
    return { kind: 'dns', message: `the provider's name could not be resolved${said}` };
  }
  if (phase === 'handshake') {
    return { kind: 'tls', message: `${CERTIFICATE_WORDS.get(code) ?? 'the TLS handshake failed'}${said}` };
  }
  if (TIMEOUTS.has(code)) return toTimeoutFailure('connecting');
  if (code === 'ECONNREFUSED') return { kind: 'refused', message: `the connection was refused${said}` };
  if (OUR_LIMITS.has(code)) {
    const message = `the gateway's machine has no room for another connection${said}`;
    return { kind: 'connect', message, isOurs: true };
  }
  return { kind: 'connect', message: `the connection failed${said}` };
}

/**
 * The provider's address is closed to it.
 * @param range its name, for the record alone: a client could map our network with it
 */
export const toBlockedFailure = (range: string): ConnectFailure => ({
  kind: 'address_blocked',
  message: "the provider's address is one that its config does not allow",
  detail: `the provider's address lies in a range that is closed to it (${range}); allowPrivateNetwork: true opens it`,
});

/** The time for a connection is over. */
export function toTimeoutFailure(phase: ConnectPhase): ConnectFailure {
  return phase === 'resolving'
    ? { kind: 'dns', message: "the provider's name could not be resolved in time" }
    : { kind: 'connect_timeout', message: 'the connection could not be made in time' };
}

/** '' when there is none. Codes are the system's, OpenSSL's or Node's: they hold nothing of ours. */
export function codeOf(error: Error | null): string {
  if (error === null) return '';
  if (error instanceof AggregateError) {
    const codes = error.errors.map((each: unknown) => (each instanceof Error ? codeOf(each) : ''));
    return TELLING.find((code) => codes.includes(code)) ?? codes[0] ?? '';
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
