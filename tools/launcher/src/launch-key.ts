// The key that a fresh installation can be tried with: made once, may use every model.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ensureSecretFile } from './secret-files.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 8;
/** 32 of 62 characters: 190 bits. */
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

/** `sk-slc-<8 public>-<32 secret><6 checksum>`, all base62. */
export const KEY_PATTERN = /^sk-slc-[0-9A-Za-z]{8}-[0-9A-Za-z]{38}$/;

/** A new key from the system's random source. */
export function makeKey(): string {
  const body = `sk-slc-${randomBase62(PUBLIC_ID_LENGTH)}-${randomBase62(SECRET_LENGTH)}`;
  return body + keyChecksum(body);
}

/** CRC-32 of everything before it (`sk-slc-…` up to the secret's end) in base62, padded with zeros to 6: finds typos without a look-up. */
export function keyChecksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    text = (BASE62[rest % 62] ?? '') + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** True for a key of our form whose checksum fits. */
export function isKey(text: string): boolean {
  return (
    KEY_PATTERN.test(text) && keyChecksum(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
  );
}

/**
 * The key in the file, made at the first call.
 * @throws Error that names the file, never its content, when it holds something else
 */
export function ensureLaunchKey(file: string): string {
  const key = ensureSecretFile(file, makeKey);
  if (!isKey(key))
    throw new Error(`${file} does not hold a key of ours: remove it, and the next start makes a new one.`);
  return key;
}

function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    // 248 is the highest multiple of 62 in a byte: what lies above would favour the first characters.
    for (const byte of randomBytes(length))
      if (byte < 248 && text.length < length) text += BASE62[byte % 62] ?? '';
  }
  return text;
}
