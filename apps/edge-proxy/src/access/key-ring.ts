import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '@sluice/contracts';
import type { Caller } from './caller.js';
import { extractCredential } from './extract-credential.js';

/** Keys in the config file may be this long; a longer credential is refused before any hashing. */
const MAX_KEY_CHARS = 256;

/** Distinct credentials whose digest is remembered; keys in use are far fewer. */
const MAX_REMEMBERED = 10_000;

/** A key and whom it stands for. */
export interface RingKey {
  readonly key: string;
  readonly caller: Caller;
}

/**
 * Finds the caller of a request. Only digests of keys are kept as the truth (under a salt of this
 * process); keys that were right are remembered as they were sent, so that the hot path hashes nothing.
 */
export class KeyRing {
  readonly #salt = randomBytes(32);
  readonly #byDigest = new Map<string, Caller>();
  readonly #known = new Map<string, Caller>();

  constructor(keys: readonly RingKey[]) {
    for (const { key, caller } of keys) this.#byDigest.set(this.#digest(key), caller);
  }

  /**
   * @param nowMs wall clock, for keys that expire
   * @throws GatewayError `invalid_api_key`, the same for unknown, expired and disabled keys
   */
  identify(headers: IncomingHttpHeaders, nowMs: number): Caller {
    const credential = extractCredential(headers);
    if (credential.kind === 'none') throw new GatewayError('invalid_api_key', { message: MISSING });
    if (credential.kind === 'ambiguous') throw new GatewayError('invalid_api_key', { message: AMBIGUOUS });
    const caller = this.#known.get(credential.key) ?? this.#lookUp(credential.key);
    if (caller === null || caller.expiresAtMs <= nowMs)
      throw new GatewayError('invalid_api_key', { message: WRONG });
    return caller;
  }

  #lookUp(key: string): Caller | null {
    if (key.length > MAX_KEY_CHARS) return null;
    const caller = this.#byDigest.get(this.#digest(key)) ?? null;
    if (caller !== null && this.#known.size < MAX_REMEMBERED) this.#known.set(key, caller);
    return caller;
  }

  #digest(key: string): string {
    return createHmac('sha256', this.#salt).update(key).digest('base64');
  }
}

const MISSING = 'No API key was sent. Send one as "Authorization: Bearer <key>", "x-api-key" or "api-key".';
const AMBIGUOUS = 'Two different API keys were sent in one request. Send one.';
const WRONG =
  'The API key is not valid here: it is unknown, disabled or expired. Check it for typing errors.';
